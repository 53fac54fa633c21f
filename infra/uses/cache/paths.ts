/** The paths of a cache, as names that mean the same in another workspace and for another user. */
import { posix } from 'node:path';
import { InvalidInputError } from '../../errors.js';
import type { BuiltInInput } from '../builtInAction.js';
import { descend } from '../descend.js';
import type { PackedPath, UnpackOptions } from '../files.js';
import { type GlobRule, isBelow, parseGlob, searchPaths } from '../glob/rules.js';
import { search } from '../glob/search.js';

interface Place {
  readonly prefix: string;
  readonly folder: string;
}

export interface CachePaths {
  /** What there is to be saved. */
  pack(): Promise<readonly PackedPath[]>;
  /** Where saved things go: only to what the paths name. */
  readonly unpack: Pick<UnpackOptions, 'target' | 'inside' | 'linksMayLeave'>;
}

/** @param paths one a line, as `path` of the step @throws InvalidInputError for a pattern that is none */
export async function cachePaths(paths: readonly string[], { files, workspace }: Pick<BuiltInInput, 'files' | 'workspace'>): Promise<CachePaths> {
  const home = await files.home();
  const rules = parseGlob(paths.join('\n'), { root: workspace, home, descendants: false });
  const places: readonly Place[] = [{ prefix: 'workspace', folder: workspace }, { prefix: 'home', folder: home }, { prefix: 'root', folder: '/' }];
  return {
    pack: async () => {
      const found = (await search(files, rules)).map(({ path }) => path);
      const tops = found.filter((path) => !found.some((other) => isBelow(path, other)));
      return (await Promise.all(tops.map((path) => descend(files, path, nameOf(path, places))))).flat();
    },
    unpack: targets(rules, places),
  };
}

function nameOf(path: string, places: readonly Place[]): string {
  const { prefix, folder } = places.find((place) => path === place.folder || isBelow(path, place.folder))!;
  return posix.join(prefix, posix.relative(folder, path));
}

function targets(rules: readonly GlobRule[], places: readonly Place[]): CachePaths['unpack'] {
  const wanted = searchPaths(rules);
  const folders = places.map(({ folder }) => folder);
  return {
    // A path may name one file: it is written into the folder around it.
    inside: [...new Set(wanted.map((path) => (folders.includes(path) ? path : posix.dirname(path))))],
    linksMayLeave: true,
    target: (name) => {
      const [prefix, ...rest] = name.split('/');
      const place = places.find((one) => one.prefix === prefix);
      const path = place && posix.join(place.folder, ...rest).replace(/(?<=.)\/$/, '');
      if (path !== undefined && wanted.some((one) => path === one || isBelow(path, one))) return path;
      throw new InvalidInputError(`the cache holds ${JSON.stringify(name)}, which is none of its paths`, 'Give it another key.');
    },
  };
}
