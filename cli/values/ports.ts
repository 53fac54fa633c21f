/** Ports in flags. */
import { UsageError } from '../errors.js';

/** The text, when it is a port or absent. @throws UsageError that names the flag */
export function port(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535)) return text;
  throw new UsageError(`${flag} ${JSON.stringify(text)} is not a port: use 1 to 65535`);
}
