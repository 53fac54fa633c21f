/** The JSON file of problem matchers, checked as GitHub's runner does. */
import { InvalidInputError } from '../errors.js';

export const PLACES = ['file', 'fromPath', 'line', 'column', 'severity', 'code', 'message'] as const;
export type Place = (typeof PLACES)[number];

/** One line of a match. Each place is the number of a group. */
export interface PatternConfig extends Readonly<Partial<Record<Place, number>>> {
  readonly regexp: string;
  /** The last pattern matches again and again. */
  readonly loop?: boolean;
}

/** Plain JSON: it can be kept for the job's later steps. */
export interface MatcherConfig {
  readonly owner: string;
  /** For matches that have none of their own. @default error */
  readonly severity?: string;
  /** For matches that have none of their own. */
  readonly fromPath?: string;
  readonly patterns: readonly PatternConfig[];
}

const REMEDY = 'A problem matcher has an owner and a list "pattern" of objects with "regexp" and the numbers of its groups, of which one is "message".';

class Invalid extends Error {}

/**
 * @param path for messages @returns the matchers of the file, in order; none where it has no `problemMatcher`
 * @throws InvalidInputError
 */
export function parseMatcherFile(text: string, path: string): readonly MatcherConfig[] {
  try {
    const list = field(JSON.parse(text.replace(/^\ufeff/, '')), 'problemMatcher') ?? [];
    if (!Array.isArray(list)) throw new Invalid('"problemMatcher" is no list');
    const matchers = list.map(matcher);
    const owners = matchers.map(({ owner }) => owner.toLowerCase());
    const twice = owners.find((owner, i) => owners.indexOf(owner) < i);
    if (twice !== undefined) throw new Invalid(`the owner "${twice}" is there twice`);
    return matchers;
  } catch (error) {
    if (error instanceof Invalid || error instanceof SyntaxError) throw new InvalidInputError(`the problem matchers in ${path} are not valid: ${error.message}`, REMEDY);
    throw error;
  }
}

function matcher(value: unknown): MatcherConfig {
  const owner = field(value, 'owner');
  if (typeof owner !== 'string' || owner === '') throw new Invalid('a matcher has no owner');
  const severity = text(field(value, 'severity'), owner, 'severity');
  if (!['', 'error', 'warning', 'notice'].includes((severity ?? '').toLowerCase())) throw new Invalid(`the severity "${severity}" of "${owner}" is none of error, warning and notice`);
  const list = field(value, 'pattern');
  if (!Array.isArray(list) || list.length === 0) throw new Invalid(`"${owner}" has no pattern`);
  const patterns = list.map((one: unknown) => pattern(one, owner));
  checkTogether(patterns, owner);
  const fromPath = text(field(value, 'fromPath'), owner, 'fromPath');
  return { owner, ...(severity ? { severity } : {}), ...(fromPath ? { fromPath } : {}), patterns };
}

function pattern(value: unknown, owner: string): PatternConfig {
  const regexp = text(field(value, 'regexp'), owner, 'regexp') ?? '';
  const groups = groupsOf(regexp, owner);
  const numbers: Partial<Record<Place, number>> = {};
  for (const place of PLACES) {
    const number = field(value, place) ?? undefined;
    if (number === undefined) continue;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > groups) {
      throw new Invalid(`"${place}" of "${owner}" is ${JSON.stringify(number)}, but its pattern has the groups 0 to ${groups}`);
    }
    numbers[place] = number;
  }
  return { regexp, ...numbers, ...(field(value, 'loop') === true ? { loop: true } : {}) };
}

function groupsOf(regexp: string, owner: string): number {
  try {
    return new RegExp(`${regexp}|`).exec('')!.length - 1;
  } catch (error) {
    throw new Invalid(`the regexp of "${owner}" is none: ${(error as Error).message}`);
  }
}

function checkTogether(patterns: readonly PatternConfig[], owner: string): void {
  for (const place of PLACES) {
    if (patterns.filter((one) => one[place] !== undefined).length > 1) throw new Invalid(`"${place}" of "${owner}" is set twice`);
  }
  patterns.forEach(({ loop, message }, i) => {
    if (loop !== true) return;
    if (i === 0 || i < patterns.length - 1) throw new Invalid(`only the last of several patterns can have "loop"; "${owner}" has it elsewhere`);
    if (message === undefined) throw new Invalid(`the pattern with "loop" of "${owner}" must have "message"`);
  });
  if (patterns.every(({ message }) => message === undefined)) throw new Invalid(`no pattern of "${owner}" has "message"`);
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid('an object was expected');
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, owner: string, key: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Invalid(`"${key}" of "${owner}" is no text`);
  return value;
}
