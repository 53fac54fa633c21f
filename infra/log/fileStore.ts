/** The log store in files: `runs/<run>/logs/<job>/<step>.log`, beside it `<step>.summary.md`, and a job's `annotations.jsonl`. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RunId, StepAddress } from '../../language/ids.js';
import { stateDir } from '../paths.js';
import { fileWriter } from './fileWriter.js';
import { decodeName, encodeName } from './names.js';
import type { Masker } from './masker.js';
import type { LogStore, StepLogId, StepLogWriter, StoredAnnotation, StoredSummary } from './store.js';

const LOG = '.log';
const SUMMARY = '.summary.md';
const ANNOTATIONS = 'annotations.jsonl';

/** @param root where the folders of runs are @default the state folder */
export function fileLogStore(root?: string): LogStore {
  return new FileLogStore(root === undefined ? (...parts) => stateDir('runs', ...parts) : (...parts) => join(root, ...parts));
}

/** The file of a step's log in the state folder. */
export function logFile(id: StepLogId): string {
  return join(stateDir('runs', encodeName(id.run), 'logs', encodeName(id.job)), `${encodeName(id.step)}${LOG}`);
}

class FileLogStore implements LogStore {
  constructor(private readonly at: (...parts: readonly string[]) => string) {}

  open(id: StepLogId, masker?: Masker): StepLogWriter {
    const folder = this.#folder(id);
    const step = encodeName(id.step);
    return fileWriter({
      id, folder, masker,
      log: join(folder, `${step}${LOG}`), summary: join(folder, `${step}${SUMMARY}`), annotations: join(folder, ANNOTATIONS),
    });
  }

  read(id: StepLogId, from: number, length: number): Buffer | undefined {
    const path = this.#log(id);
    const found = statSync(path, { throwIfNoEntry: false });
    // Who follows it looks many times a second: an error that says that it is not there costs more than all else.
    if (found === undefined) return undefined;
    if (found.size <= from) return Buffer.alloc(0);
    return withFile(path, (file) => {
      const { size } = fstatSync(file);
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - from)));
      let read = 0;
      for (let more = -1; more !== 0 && read < buffer.length; read += more) more = readSync(file, buffer, read, buffer.length - read, from + read);
      return buffer.subarray(0, read);
    });
  }

  size(id: StepLogId): number {
    return statSync(this.#log(id), { throwIfNoEntry: false })?.size ?? 0;
  }

  list(run: RunId): readonly StepLogId[] {
    return this.#files(run).filter(({ name }) => name.endsWith(LOG)).map(({ job, path }) => ({ run, job, step: stepOf(path, LOG) }));
  }

  annotations(run: RunId): readonly StoredAnnotation[] {
    return this.#files(run).filter(({ name }) => name === ANNOTATIONS).flatMap(({ job, path }) => readFileSync(path, 'utf8').split('\n').flatMap((line) => parse(line, job)));
  }

  summaries(run: RunId): readonly StoredSummary[] {
    return this.#files(run).filter(({ name }) => name.endsWith(SUMMARY))
      .map(({ job, path }) => ({ job, step: stepOf(path, SUMMARY), markdown: readFileSync(path) }));
  }

  #files(run: RunId): readonly { readonly job: string; readonly name: string; readonly path: string }[] {
    const base = this.at(encodeName(run), 'logs');
    return folders(base).flatMap((folder) => readdirSync(join(base, folder)).sort().map((name) => ({ job: decodeName(base, folder), name, path: join(base, folder, name) })));
  }

  #folder({ run, job }: StepLogId): string {
    return this.at(encodeName(run), 'logs', encodeName(job));
  }

  #log(id: StepLogId): string {
    return join(this.#folder(id), `${encodeName(id.step)}${LOG}`);
  }
}

function stepOf(path: string, ending: string): StepAddress {
  return decodeName<StepAddress>(dirname(path), basename(path).slice(0, -ending.length));
}

function folders(base: string): readonly string[] {
  try {
    return readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A line that a crash has cut is skipped. */
function parse(line: string, job: string): readonly StoredAnnotation[] {
  try {
    return [{ ...(JSON.parse(line) as StoredAnnotation), job }];
  } catch {
    return [];
  }
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
