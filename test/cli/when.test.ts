import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.js';
import { parseCron, parseSpan, parseWhen, wallTime } from '../../cli/schedule/when.js';

/** 2030-01-02 18:30:00 in London, 13:30 in New York. */
const NOW = Date.UTC(2030, 0, 2, 18, 30, 0);
const at = (text: string, timezone = 'Europe/London') => parseWhen({ at: text, timezone }, NOW);

describe('the time of a teardown', () => {
  it('is today when it is to come, tomorrow when it is past, in its time zone', () => {
    expect(at('19:00')).toEqual({ kind: 'once', timeZone: 'Europe/London', at: { year: 2030, month: 1, day: 2, hour: 19, minute: 0, second: 0 } });
    expect(at('18:30')).toMatchObject({ at: { day: 3, hour: 18, minute: 30 } });
    expect(at('14:00', 'America/New_York')).toMatchObject({ timeZone: 'America/New_York', at: { day: 2, hour: 14 } });
    expect(parseWhen({ at: '00:10', timezone: 'Asia/Tokyo' }, Date.UTC(2030, 11, 31, 20))).toMatchObject({ at: { year: 2031, month: 1, day: 2 } });
  });

  it('can be a day, which must be real and to come', () => {
    expect(at('2030-02-28 07:05')).toMatchObject({ at: { month: 2, day: 28, hour: 7, minute: 5 } });
    for (const wrong of ['2030-02-30 07:00', '2029-01-01 00:00', '25:00', '7 pm', '19:60', '$(id)']) expect(() => at(wrong), wrong).toThrow(UsageError);
  });

  it('counts from now in UTC', () => {
    expect(parseWhen({ in: '1s' }, NOW + 1)).toMatchObject({ at: { minute: 30, second: 2 } }); // never sooner than asked for
    expect(parseWhen({ in: '8h' }, NOW)).toEqual({ kind: 'once', timeZone: 'UTC', at: { year: 2030, month: 1, day: 3, hour: 2, minute: 30, second: 0 } });
    expect(['1h30m', '90m', '45s', '1d'].map(parseSpan)).toEqual([5_400_000, 5_400_000, 45_000, 86_400_000]);
    for (const wrong of ['', '8', 'h', '-1h', '0s', '400d', '1.5h']) expect(() => parseSpan(wrong), wrong).toThrow(UsageError);
  });

  it('takes the five fields of cron and says which one is wrong', () => {
    expect(parseCron(' 0  19 * * 1-5 ')).toBe('0 19 * * 1-5');
    for (const right of ['*/15 0-6,22 1 jan,DEC mon-fri', '0 0 * * 7']) expect(parseCron(right)).toBe(right);
    expect(() => parseCron('0 19 * *')).toThrow('has 4 fields, not 5');
    expect(() => parseCron('0 24 * * *')).toThrow('"24" is not a hour');
    for (const wrong of ['60 * * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '5-1 * * * *', '*/0 * * * *', '* * * foo *', '@daily x y z a']) expect(() => parseCron(wrong), wrong).toThrow(UsageError);
  });

  it('refuses what contradicts itself, and time zones that are none', () => {
    expect(() => parseWhen({ at: '19:00', in: '8h' }, NOW)).toThrow('exclude each other');
    expect(() => parseWhen({ timezone: 'UTC' }, NOW)).toThrow('--timezone goes with');
    expect(() => parseWhen({ in: '8h', timezone: 'UTC' }, NOW)).toThrow('takes no --timezone');
    for (const zone of ['Mars/Base', '+01:00', '']) expect(() => parseWhen({ at: '19:00', timezone: zone }, NOW), zone).toThrow('time zone');
    expect(parseWhen({}, NOW)).toBeUndefined();
  });

  it('is read off the clock that people there see', () => {
    expect(wallTime(Date.UTC(2030, 6, 1, 23, 5, 9), 'Europe/London')).toEqual({ year: 2030, month: 7, day: 2, hour: 0, minute: 5, second: 9 });
  });
});
