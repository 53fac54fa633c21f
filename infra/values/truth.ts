/** A variable of the environment that says yes or no. */
import { InvalidInputError } from '../errors.js';

/** Undefined when the variable is absent or empty. @throws InvalidInputError when it says neither */
export function truth(env: Readonly<Record<string, string | undefined>>, name: string): boolean | undefined {
  const text = env[name]?.toLowerCase();
  if (!text) return undefined;
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  throw new InvalidInputError(`${name} is ${JSON.stringify(env[name])}`, 'Use true or false.');
}
