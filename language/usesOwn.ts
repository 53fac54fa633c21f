/** `uses: $/PATH`: what stands in the repository of the file that says so, at the version of that file. No checkout is needed for it. */

/** Where a file stands that is not of the run's own repository. */
export interface Home {
  /** `owner/repo`. */
  readonly repository: string;
  readonly ref: string;
}

const PREFIX = '$/';

export function isOwn(uses: string): boolean {
  return uses.startsWith(PREFIX);
}

/** The path in the repository, without a slash at either end. */
export function ownPath(uses: string): string {
  return uses.slice(PREFIX.length).split('/').filter((part) => part !== '' && part !== '.').join('/');
}

/** Why it names nothing, as a clause; undefined where it may. */
export function ownProblem(uses: string): string | undefined {
  if (uses.includes('@')) return 'it takes no @REF: its version is that of the file in which it stands';
  const path = ownPath(uses);
  if (path === '') return 'it names no folder: write $/FOLDER';
  return path.split('/').includes('..') ? 'it leaves the repository' : undefined;
}

/** What a file with that home means: `owner/repo/PATH@REF`. What is no `$/` stays, and so does all that a file without a home says. */
export function fromHome(uses: string, home: Home | undefined): string {
  return home && isOwn(uses) && ownProblem(uses) === undefined ? `${home.repository}/${ownPath(uses)}@${home.ref}` : uses;
}
