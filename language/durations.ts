/** Durations as people write them. */

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What is longer has no end that a date could say. */
const LONGEST_MS = 36_500 * 86_400_000;

/** A text that is no duration. The message says what one looks like. */
export class InvalidDurationError extends Error {
  override readonly name = 'InvalidDurationError';
}

/** Milliseconds of `500ms`, `30s`, `8h`, `1h30m`, `1.5h`. A bare number is refused: its unit would be a guess. @throws InvalidDurationError */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*/gy)];
  const whole = parts.map(([part]) => part).join('');
  if (parts.length === 0 || whole !== text.trim()) {
    throw new InvalidDurationError(`${JSON.stringify(text.slice(0, 40))} is not a duration: write a number and ms, s, m, h or d, as in 30s or 1h30m`);
  }
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS_MS[unit!]!, 0);
  if (ms > LONGEST_MS) throw new InvalidDurationError(`${JSON.stringify(text.slice(0, 40))} is too long: 36500d is the most`);
  return Math.round(ms);
}

/** `0.4s`, `9s`, `1m 02s`, `2h 05m`, `3d 01h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.floor(ms / 100)) / 10}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const pad = (n: number) => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
}
