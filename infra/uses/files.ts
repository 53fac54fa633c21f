/**
 * The files of the host on which a job works: what the built-in actions ask of it. The worker's own host is `localFiles`; a machine over SSH
 * can be another. Paths are absolute, with "/".
 */
import type { Readable } from 'node:stream';

export interface FileEntry {
  /** The last part of its path. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface UnpackOptions {
  /** What an entry's name is turned into: an absolute path in `inside`; undefined leaves it out. */
  readonly target: (name: string) => string | undefined;
  /** The folders that nothing may leave: no entry, and none through a symbolic link that is there already. */
  readonly inside: readonly string[];
  /** Whether symbolic links may point out of the folders. They are never written through. @default false */
  readonly linksMayLeave?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One thing to be packed: a file, a folder by itself, or a symbolic link as one. */
export interface PackedPath {
  readonly path: string;
  /** Its name in the archive: relative, with "/". */
  readonly name: string;
}

export interface Files {
  /** Whether they are files of this process's own host. */
  readonly here: boolean;
  /** What is there. @param follow says of a symbolic link what it points to; one that points nowhere is not there */
  entry(path: string, follow: boolean): Promise<FileEntry | undefined>;
  /** What is in a folder, by name (bytes compared). Links are links. Nothing when it is no folder. */
  children(folder: string): Promise<readonly FileEntry[]>;
  /** Without symbolic links; undefined when nothing is there. */
  realpath(path: string): Promise<string | undefined>;
  home(): Promise<string>;
  /** A tar stream of the paths, in their order, with modes and times. @param follow packs what a symbolic link points to */
  pack(paths: readonly PackedPath[], options: { readonly follow: boolean; readonly signal?: AbortSignal | undefined }): Readable;
  /** Writes a tar stream's entries. @throws InvalidInputError for an entry or a link that leaves: what came before it is written */
  unpack(tar: Readable, options: UnpackOptions): Promise<void>;
  /** Removes a file or a folder with all that is in it; nothing to do when it is not there. */
  remove(path: string): Promise<void>;
  /** Removes the folder's content, or makes the folder. */
  empty(folder: string): Promise<void>;
}
