/** What is wrong with a file, where, and what was probably meant. */

/** A place in a text. Line and column count from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One problem. `suggestion` is a question that ends the sentence, such as `did you mean "steps"?`. */
export interface Diagnostic extends Position {
  /** The file as the user named it. */
  readonly file: string;
  readonly message: string;
  readonly suggestion?: string;
  /** A file with nothing but warnings is valid. @default error */
  readonly severity?: 'error' | 'warning';
}

export function isError({ severity }: Diagnostic): boolean {
  return severity !== 'warning';
}

/** `deploy.yml:12:5: unknown key "step": did you mean "steps"?` */
export function formatDiagnostic({ file, line, column, message, suggestion, severity }: Diagnostic): string {
  return `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}${suggestion ? `: ${suggestion}` : ''}`;
}

/** By position; problems of one place stay in the order in which they were found. Repetitions are dropped. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const distinct = new Map(diagnostics.map((diagnostic) => [formatDiagnostic(diagnostic), diagnostic]));
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `did you mean "steps"?` when one of `known` is near enough to `word`, else undefined. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  const most = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let least = Math.min(most + 1, wanted.length);
  for (const candidate of known) {
    if (wanted.length >= 4 && candidate.toLowerCase().startsWith(wanted)) return `did you mean ${JSON.stringify(candidate)}?`;
    if (Math.abs(candidate.length - wanted.length) > most) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best === undefined ? undefined : `did you mean ${JSON.stringify(best)}?`;
}

/** What is said of a part of GitHub's language that we do not have yet. */
export function notYet(name: string): string {
  return `${JSON.stringify(name)} is known to GitHub, and Fleetwright does not do it yet`;
}

/** `{ suggestion }` or nothing, to be spread into a diagnostic. */
export function withSuggestion(suggestion: string | undefined): { readonly suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}

/** Levenshtein's distance with swaps of neighbours. Texts over 100 characters count as far apart. */
export function editDistance(a: string, b: string): number {
  if (a.length > 100 || b.length > 100) return Math.max(a.length, b.length);
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
