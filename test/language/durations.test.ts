import { describe, expect, it } from 'vitest';
import { formatDuration, InvalidDurationError, parseDuration } from '../../language/durations.js';

describe('a duration', () => {
  it.each([['500ms', 500], ['30s', 30_000], ['8h', 28_800_000], ['1h30m', 5_400_000], ['1.5h', 5_400_000], [' 1m 5s ', 65_000], ['2d', 172_800_000], ['0s', 0]])(
    '%s is %d milliseconds', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 's', '-5s', '5 minutes', '5s x', '1h30', '9'.repeat(400) + 'd'])('%j is refused', (text) =>
    expect(() => parseDuration(text)).toThrow(InvalidDurationError));

  it.each([[0, '0s'], [440, '0.4s'], [1000, '1s'], [59_999, '59s'], [62_000, '1m 02s'], [3_600_000, '1h 00m'], [7_500_000, '2h 05m'], [90_000_000, '1d 01h'], [-5, '0s']])(
    '%d milliseconds read as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
