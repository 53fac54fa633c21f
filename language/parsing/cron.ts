/** Cron expressions of `on.schedule`, in the POSIX syntax that GitHub takes. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The first stands for `least`. */
  readonly words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of the week', least: 0, most: 6, words: DAYS },
];

/** What is wrong with the expression, as a clause for a person, if anything. */
export function cronProblem(text: string): string | undefined {
  if (text.trim().startsWith('@')) return `GitHub has no ${text.trim().slice(0, 20)}: write five fields, as in 0 4 * * 1`;
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return `it has ${parts.length} fields and not five: minute, hour, day of the month, month, day of the week`;
  for (const [i, field] of FIELDS.entries()) {
    const wrong = parts[i]!.split(',').find((part) => !isPart(part, field));
    if (wrong !== undefined) return `${JSON.stringify(parts[i]!.slice(0, 40))} is no ${field.name}: use *, ${field.least} to ${field.most}, lists, ranges and steps`;
  }
  return undefined;
}

function isPart(part: string, field: Field): boolean {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))) return false;
  if (range === '*') return true;
  const [from, to, ...rest] = range.split('-').map((value) => valueOf(value, field));
  if (rest.length > 0 || from === undefined) return false;
  return range.includes('-') ? to !== undefined && from <= to : true;
}

function valueOf(text: string, { least, most, words }: Field): number | undefined {
  const word = words?.indexOf(text.toLowerCase()) ?? -1;
  const value = word >= 0 ? least + word : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : undefined;
}
