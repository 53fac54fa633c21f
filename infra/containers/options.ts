/** `options:` of a container, as the command line of `docker create` reads them. */
import { InvalidInputError } from '../errors.js';
import { splitWords } from '../uses/words.js';
import { flagOf, SHORT, type CreateDraft } from './flags.js';

/** @throws InvalidInputError that names the flag which is refused, unknown, or has no or a wrong value */
export function parseOptions(options = ''): CreateDraft {
  const draft: CreateDraft = { config: {}, host: {}, health: {}, env: [], labels: {}, volumes: [], ports: [], exposed: [], aliases: [] };
  const words = [...splitWords(options)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--')) long(word, words, draft);
    else if (/^-./.test(word)) short(word, words, draft);
    else throw new InvalidInputError(`options: ${JSON.stringify(word)} belongs to no flag`, 'Quote a value that holds blanks; an image or a command has a key of its own.');
  }
  return draft;
}

function long(word: string, rest: string[], draft: CreateDraft): void {
  const at = word.indexOf('=');
  const written = at < 0 ? word : word.slice(0, at);
  const flag = flagOf(written.slice(2), written);
  const given = at < 0 ? undefined : word.slice(at + 1);
  flag.apply(draft, given ?? (flag.value === false ? 'true' : next(rest, written)), written);
}

/** `-e A=B`, `-eA=B`, `-it`. */
function short(word: string, rest: string[], draft: CreateDraft): void {
  const letter = word[1]!;
  const written = `-${letter}`;
  const flag = flagOf(SHORT[letter] ?? letter, written);
  const attached = word.slice(2);
  if (flag.value !== false) return flag.apply(draft, attached === '' ? next(rest, written) : attached.replace(/^=/, ''), written);
  flag.apply(draft, 'true', written);
  if (attached !== '') short(`-${attached}`, rest, draft);
}

function next(rest: string[], written: string): string {
  const value = rest.shift();
  if (value === undefined) throw new InvalidInputError(`options: ${written} has no value`, `Give ${written} a value.`);
  return value;
}
