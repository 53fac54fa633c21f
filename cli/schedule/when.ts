/** The times of a teardown by the clock: `--at`, `--in`, `--cron`, `--timezone` become a schedule's spec. Pure. */
import { UsageError } from '../errors.js';

/** A moment on a wall clock. `month` is 1 to 12. */
export interface WallTime { readonly year: number; readonly month: number; readonly day: number; readonly hour: number; readonly minute: number; readonly second: number }
export type When =
  | { readonly kind: 'once'; readonly at: WallTime; readonly timeZone: string }
  | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string };

export interface WhenFlags { readonly at?: string; readonly in?: string; readonly cron?: string; readonly timezone?: string }

const DAY_MS = 86_400_000;
const MOST_AHEAD_MS = 366 * DAY_MS;

/** What the flags say, or undefined when they name no time. A time of day that is past means tomorrow. @throws UsageError */
export function parseWhen(flags: WhenFlags, now: number): When | undefined {
  const given = (['at', 'in', 'cron'] as const).filter((name) => flags[name] !== undefined);
  if (given.length > 1) throw new UsageError(`--${given.join(' and --')} exclude each other: give one of them`);
  if (given.length === 0 && flags.timezone !== undefined) throw new UsageError('--timezone goes with --at or --cron');
  const timeZone = parseTimeZone(flags.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  if (flags.cron !== undefined) return { kind: 'cron', cron: parseCron(flags.cron), timeZone };
  if (flags.at !== undefined) return { kind: 'once', at: parseAt(flags.at, timeZone, now), timeZone };
  if (flags.in === undefined) return undefined;
  if (flags.timezone !== undefined) throw new UsageError('--in counts from now: it takes no --timezone');
  return onceAt(now + parseSpan(flags.in));
}

/** @param ms since the epoch */
export function onceAt(ms: number): When {
  return { kind: 'once', at: wallTime(nextSecond(ms), 'UTC'), timeZone: 'UTC' };
}

/** Schedules know whole seconds: never sooner than asked for. */
function nextSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

/** An IANA name that this Node knows. @throws UsageError */
export function parseTimeZone(name: string): string {
  try {
    if (/^[A-Za-z]/.test(name)) return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // said below, with what is allowed
  }
  throw new UsageError(`there is no time zone ${JSON.stringify(name.slice(0, 60))}\n  Use a name such as Europe/London, America/New_York or UTC.`);
}

/** `19:00` or `19:00:30`, today or else tomorrow; or `2030-01-31 19:00`. @throws UsageError */
function parseAt(text: string, timeZone: string, now: number): WallTime {
  const found = /^(?:(\d{4})-(\d\d)-(\d\d)[ T])?(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text.trim());
  if (found === null) throw new UsageError(`--at ${JSON.stringify(text.slice(0, 60))} is not a time\n  Use HH:MM as in 19:00, or YYYY-MM-DD HH:MM.`);
  const [hour, minute, second] = [Number(found[4]), Number(found[5]), Number(found[6] ?? 0)] as const;
  if (hour > 23 || minute > 59 || second > 59) throw new UsageError(`--at ${JSON.stringify(text)} is not a time of the day: it goes from 00:00 to 23:59`);
  const today = wallTime(now, timeZone);
  if (found[1] !== undefined) return parseDay({ year: Number(found[1]), month: Number(found[2]), day: Number(found[3]), hour, minute, second }, today, text);
  const at = { ...today, hour, minute, second };
  return compare(at, today) > 0 ? at : nextDay(at);
}

function parseDay(at: WallTime, now: WallTime, text: string): WallTime {
  const real = new Date(Date.UTC(at.year, at.month - 1, at.day));
  if (real.getUTCMonth() !== at.month - 1 || real.getUTCDate() !== at.day) throw new UsageError(`--at ${JSON.stringify(text)}: there is no such day`);
  if (compare(at, now) <= 0) throw new UsageError(`--at ${JSON.stringify(text)} is past`);
  return at;
}

function nextDay(at: WallTime): WallTime {
  const next = new Date(Date.UTC(at.year, at.month - 1, at.day + 1));
  return { ...at, year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

/** What the clocks in a time zone show. */
export function wallTime(ms: number, timeZone: string): WallTime {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(ms);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute'), second: of('second') };
}

function compare(a: WallTime, b: WallTime): number {
  const number = (at: WallTime): number => Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return number(a) - number(b);
}

/** `8h`, `90m`, `45s`, `1d`, `1h30m` -> milliseconds, at least a second, at most a year. @throws UsageError */
export function parseSpan(text: string): number {
  return spanOf('--in', text);
}

/** As `parseSpan`. @param flag for the message */
export function spanOf(flag: string, text: string): number {
  const unit: Readonly<Record<string, number>> = { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1_000 };
  const parts = /^(?:\d{1,6}[dhms])+$/.test(text) ? [...text.matchAll(/(\d+)([dhms])/g)] : [];
  const ms = parts.reduce((sum, [, count, name]) => sum + Number(count) * (unit[name ?? ''] ?? 0), 0);
  if (ms >= 1_000 && ms <= MOST_AHEAD_MS) return ms;
  throw new UsageError(`${flag} ${JSON.stringify(text.slice(0, 60))} is not a span of time\n  Use 8h, 90m, 1h30m or 1d; at most a year.`);
}

interface Field { readonly name: string; readonly from: number; readonly to: number; readonly words: readonly string[] }
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59, words: [] },
  { name: 'hour', from: 0, to: 23, words: [] },
  { name: 'day of the month', from: 1, to: 31, words: [] },
  { name: 'month', from: 1, to: 12, words: MONTHS },
  { name: 'day of the week', from: 0, to: 7, words: DAYS },
];

/** Five cron fields, checked; spaces made single. @throws UsageError that names the field that is wrong */
export function parseCron(text: string): string {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) {
    throw new UsageError(`--cron ${JSON.stringify(text.slice(0, 80))} has ${fields.length} fields, not 5\n  They are minute, hour, day of the month, month and day of the week, as in '0 19 * * 1-5'.`);
  }
  FIELDS.forEach((field, at) => {
    const item = fields[at] ?? '';
    if (!item.split(',').every((part) => fits(part, field))) {
      throw new UsageError(`--cron: ${JSON.stringify(item.slice(0, 40))} is not a ${field.name}: use ${field.from} to ${field.to}, ranges, lists or steps`);
    }
  });
  return fields.join(' ');
}

function fits(part: string, field: Field): boolean {
  const found = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d{1,3}))?$/.exec(part);
  if (found === null || (found[3] !== undefined && Number(found[3]) < 1)) return false;
  const [low, high] = [found[1], found[2]].map((value) => (value === undefined ? undefined : valueOf(value, field)));
  const inside = [low, high].every((value) => value === undefined || (value >= field.from && value <= field.to));
  return inside && (low === undefined || high === undefined || low <= high);
}

function valueOf(text: string, field: Field): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const at = field.words.indexOf(text.toLowerCase());
  return at < 0 ? NaN : at + (field.words === MONTHS ? 1 : 0);
}
