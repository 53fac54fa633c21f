/** The names of runs. Pure. */

/** `deploy/demo#7` -> 7; undefined for an id that ends otherwise. */
export function runNumber(id: string): number | undefined {
  const digits = /#(\d{1,9})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The prefix of the runs of one workflow on one cluster: `deploy/demo#`. */
export function runPrefix(type: string, name: string): string {
  return `${type}/${name}#`;
}

/** The first number after those in use. */
export function nextNumber(ids: Iterable<string>, prefix: string): number {
  let highest = 0;
  for (const id of ids) if (id.startsWith(prefix)) highest = Math.max(highest, runNumber(id) ?? 0);
  return highest + 1;
}

/**
 * The runs that a word names: the one whose id it is, or all whose id ends in it at a border (`demo#7`, `#7`, `7`); with
 * `latest` the first. `ids` are newest first.
 */
export function matchRuns(ids: readonly string[], word: string): string[] {
  if (word === 'latest') return ids.slice(0, 1);
  if (ids.includes(word)) return [word];
  return ids.filter((id) => id.endsWith(word) && (/^[#/]/.test(word) || /[#/]/.test(id.at(-word.length - 1) ?? '')));
}
