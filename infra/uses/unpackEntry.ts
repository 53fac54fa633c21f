/** Where the entries of an archive go, judged by their names alone. */
import { posix } from 'node:path';
import type { Header } from 'tar-stream';
import { InvalidInputError } from '../errors.js';
import type { UnpackOptions } from './files.js';
import { isBelow } from './glob/rules.js';

export interface EntryPlace {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link';
  /** It is one of the folders that nothing may leave. */
  readonly isRoot: boolean;
}

/** Judges the entries of one archive, in their order. */
export class EntryJudge {
  readonly #folders = new Set<string>();
  readonly #links = new Set<string>();

  constructor(private readonly options: UnpackOptions) {}

  /**
   * @returns undefined for an entry that is left out
   * @throws InvalidInputError for one that leaves, goes through a link of the archive or takes the place of a folder of it, and for what is no
   * file, folder or symbolic link
   */
  place(header: Header): EntryPlace | undefined {
    const place = entryPlace(header, this.options);
    if (!place) return undefined;
    const { path, kind } = place;
    this.#enter(kind === 'folder' ? path : posix.dirname(path), header);
    if (kind === 'folder') return place;
    if (this.#folders.has(path)) throw refusal(header, 'takes the place of a folder of the same archive');
    if (kind === 'link') this.#links.add(path);
    else this.#links.delete(path);
    return place;
  }

  #enter(folder: string, header: Header): void {
    if (this.#links.has(folder)) throw throughLink(header, folder);
    if (this.#folders.has(folder) || this.options.inside.includes(folder)) return;
    this.#folders.add(folder);
    if (folder !== '/') this.#enter(posix.dirname(folder), header);
  }
}

function entryPlace(header: Header, { target, inside, linksMayLeave }: UnpackOptions): EntryPlace | undefined {
  const wanted = target(header.name);
  if (wanted === undefined) return undefined;
  const path = posix.normalize(wanted).replace(/(?<=.)\/$/, '');
  const isRoot = inside.includes(path);
  if (!isRoot && !inside.some((folder) => isBelow(path, folder))) throw refusal(header, `leaves ${inside.join(', ')}`);
  if (header.type === 'directory') return { path, kind: 'folder', isRoot };
  if (isRoot || inside.some((folder) => isBelow(folder, path))) throw refusal(header, 'takes the place of the folder itself');
  if (header.type === 'symlink') {
    const to = header.linkname ?? '';
    const points = posix.resolve(posix.dirname(path), to);
    if (!linksMayLeave && !inside.some((folder) => points === folder || isBelow(points, folder))) {
      throw refusal(header, `is a symbolic link out of its folder, to ${JSON.stringify(to)}`);
    }
    return { path, kind: 'link', isRoot };
  }
  if (header.type !== 'file' && header.type !== 'contiguous-file') throw refusal(header, `is a ${header.type}`);
  return { path, kind: 'file', isRoot };
}

function refusal({ name }: Pick<Header, 'name'>, why: string): InvalidInputError {
  return new InvalidInputError(`the archive's entry ${JSON.stringify(name)} ${why}`, 'Nothing outside of its folder is written: make the archive anew.');
}

/** The error for an entry that would be written through a symbolic link that is there. */
export function throughLink(header: Pick<Header, 'name'>, link: string): InvalidInputError {
  return refusal(header, `goes through the symbolic link ${link}`);
}
