/**
 * The files of a machine, over its transport: `find`, `realpath` and `tar` there do the work. Archives are carried in pieces, each asked for when
 * the one before it is used up, through a file on the machine. One of these serves one action: what it has seen of a folder it does not look at again.
 */
import { posix } from 'node:path';
import { CommandError, TransientError } from '../errors.js';
import type { ExecOptions, Transport } from '../transport.js';
import type { FileEntry, Files } from './files.js';
import { packThere, unpackThere } from './remoteTar.js';

export interface RemoteFilesOptions {
  /** Stays the caller's. */
  readonly transport: Transport;
  /** A folder on the machine for archives on their way: the job's RUNNER_TEMP. */
  readonly temp: string;
}

/** Runs a command on the machine. @returns its standard output, whole @throws CommandError, TransientError */
export type RunThere = (argv: readonly string[], options?: Pick<ExecOptions, 'stdin' | 'signal'>) => Promise<Buffer>;

const TIMEOUT_MS = 300_000;
const KINDS: Readonly<Record<string, FileEntry['kind']>> = { d: 'folder', l: 'link', f: 'file' };

export function remoteFiles({ transport, temp }: RemoteFilesOptions): Files {
  const run: RunThere = async (argv, options = {}) => {
    const chunks: Buffer[] = [];
    const { exitCode, stderr } = await transport.exec(argv, { ...options, timeoutMs: TIMEOUT_MS, onStdout: (chunk) => void chunks.push(chunk) });
    if (exitCode === null) throw new TransientError(`${argv[0]} was ended by a signal: ${stderr.trim().slice(-500)}`);
    if (exitCode !== 0) throw new CommandError(argv, exitCode, stderr);
    return Buffer.concat(chunks);
  };
  const seen = new Listings(run);
  return {
    here: false,
    entry: (path, follow) => seen.entry(path, follow),
    children: (folder) => seen.children(folder),
    realpath: (path) => seen.realpath(path),
    home: async () => (await run(['sh', '-c', 'printf %s "$HOME"'])).toString(),
    pack: (paths, { follow, signal }) => packThere(run, temp, paths, follow, signal),
    unpack: (tar, options) => unpackThere(run, temp, tar, options),
    remove: async (path) => void await run(['rm', '-rf', '--', path]),
    empty: async (folder) => {
      await run(['mkdir', '-p', '--', folder]);
      await run(['find', folder, '-mindepth', '1', '-delete']);
    },
  };
}

/** What is in folders: one look at a folder tells all that is below it. */
class Listings {
  readonly #children = new Map<string, readonly FileEntry[]>();
  readonly #real = new Map<string, Promise<string | undefined>>();

  constructor(private readonly run: RunThere) {}

  async children(folder: string): Promise<readonly FileEntry[]> {
    const known = this.#children.get(folder);
    if (known) return known;
    const made = new Map<string, FileEntry[]>([[folder, []]]);
    const output = await this.run(['find', `${folder}/`, '-mindepth', '1', '-printf', '%y/%P\\0']).catch(notThere);
    for (const line of output?.toString().split('\0').filter(Boolean) ?? []) {
      const path = posix.join(folder, line.slice(2));
      const entry: FileEntry = { name: posix.basename(path), kind: KINDS[line[0]!] ?? 'other' };
      made.get(posix.dirname(path))?.push(entry);
      if (entry.kind === 'folder') made.set(path, []);
    }
    for (const [path, entries] of made) this.#children.set(path, entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))));
    return this.#children.get(folder)!;
  }

  async entry(path: string, follow: boolean): Promise<FileEntry | undefined> {
    const known = this.#listed(path);
    if (known && !(follow && known.kind === 'link')) return known;
    const output = await this.run(['find', ...(follow ? ['-L'] : []), path, '-maxdepth', '0', '-printf', '%y']).catch(notThere);
    const kind = output?.toString() ?? '';
    // `find -L` shows a link that leads nowhere as a link.
    return kind === '' || (follow && kind === 'l') ? undefined : { name: posix.basename(path), kind: KINDS[kind] ?? 'other' };
  }

  realpath(path: string): Promise<string | undefined> {
    const known = this.#real.get(path);
    if (known) return known;
    const asked = this.#listed(path)?.kind === 'folder' ? this.#below(path) : this.#ask(path);
    this.#real.set(path, asked);
    return asked;
  }

  #listed(path: string): FileEntry | undefined {
    return this.#children.get(posix.dirname(path))?.find(({ name }) => name === posix.basename(path));
  }

  async #below(path: string): Promise<string | undefined> {
    const real = await this.realpath(posix.dirname(path));
    return real === undefined ? undefined : posix.join(real, posix.basename(path));
  }

  async #ask(path: string): Promise<string | undefined> {
    const output = await this.run(['realpath', '-e', '-z', '--', path]).catch(notThere);
    return output?.toString().replace(/\0$/, '');
  }
}

function notThere(error: unknown): undefined {
  if (error instanceof CommandError && /No such file|Not a directory|Too many levels/.test(error.stderr)) return undefined;
  throw error;
}
