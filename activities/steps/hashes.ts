/** `hashFiles` of a job: of the worker's own files at once, of a machine's when they were fetched. */
import { AwaitedValue, type HashFiles } from '../../language/expressions.js';
import { CommandError, PermanentError } from '../../infra/errors.js';
import { hashFilesNow } from '../../infra/uses/hashFiles.js';

export interface Hashes {
  readonly hashFiles: HashFiles;
  /** A step begins: files may have changed since. */
  forget(): void;
}

export function localHashes(workspace: string): Hashes {
  return { hashFiles: (...patterns) => hashFilesNow(patterns, workspace), forget: () => undefined };
}

/** @param fetch asks the machine. Its `hashFiles` throws AwaitedValue for what was not asked yet */
export function remoteHashes(fetch: (patterns: readonly string[]) => Promise<string>): Hashes {
  const known = new Map<string, string | Error>();
  const ask = async (key: string, patterns: readonly string[]): Promise<void> => {
    known.set(key, await fetch(patterns).catch((error: unknown) => {
      // A machine that is lost is the job's matter; a file that cannot be read, the expression's.
      if (!(error instanceof PermanentError || error instanceof CommandError)) throw error;
      return error;
    }));
  };
  return {
    hashFiles: (...patterns) => {
      const key = JSON.stringify(patterns);
      const value = known.get(key);
      if (value instanceof Error) throw value;
      if (value !== undefined) return value;
      throw new AwaitedValue(() => ask(key, patterns));
    },
    forget: () => known.clear(),
  };
}
