/** What `actions/checkout` was asked for, and its metadata. */
import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { UsesAction } from '../../../language/usesAction.js';
import { InvalidInputError } from '../../errors.js';
import type { BuiltInInput } from '../builtInAction.js';
import { builtInMetadata, flag } from '../inputs.js';
import { isBelow } from '../glob/rules.js';
import { usesSettings } from '../settings.js';

export const CHECKOUT: UsesAction = builtInMetadata('Checkout', {
  repository: '${{ github.repository }}', ref: '', token: '${{ github.token }}', 'ssh-key': '', 'ssh-known-hosts': '', 'ssh-strict': 'true', 'ssh-user': 'git',
  'persist-credentials': 'true', path: '', clean: 'true', filter: '', 'sparse-checkout': '', 'sparse-checkout-cone-mode': 'true', 'fetch-depth': '1',
  'fetch-tags': 'false', 'show-progress': 'true', lfs: 'false', submodules: 'false', 'set-safe-directory': 'true', 'github-server-url': '',
}, ['ref', 'commit'], 'always()');

export interface CheckoutOptions {
  /** Absolute, on the host of the job. */
  readonly destination: string;
  /** `owner/repo`; '' where nobody says. */
  readonly repository: string;
  /** The repository is the run's own, and its working tree is what is asked for. */
  readonly ownTree: boolean;
  /** '' for the default branch. */
  readonly ref: string;
  readonly url: string;
  readonly token: string;
  readonly persistCredentials: boolean;
  readonly clean: boolean;
  readonly filter: string;
  /** Empty for all. */
  readonly sparse: readonly string[];
  readonly cone: boolean;
  /** Commits; 0 for all. */
  readonly depth: number;
  readonly tags: boolean;
  readonly lfs: boolean;
  readonly submodules: 'none' | 'one level' | 'all';
}

/** @throws InvalidInputError for a path out of the workspace, and for what is not done here */
export function checkoutOptions(input: BuiltInInput): CheckoutOptions {
  const { inputs, github } = input;
  const text = (name: string) => inputs[name]?.trim() ?? '';
  if (text('ssh-key') !== '') throw new InvalidInputError('actions/checkout: "ssh-key" is known to GitHub, and Fleetwright does not do it yet', 'Let git use its own keys, or give a token.');
  const own = String(github['repository'] ?? '');
  const repository = text('repository') || own;
  if (repository !== '' && !/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new InvalidInputError(`actions/checkout: the repository ${JSON.stringify(repository)} is not OWNER/REPO`, 'Mend it.');
  const ref = text('ref');
  const isOwn = repository.toLowerCase() === own.toLowerCase();
  const depth = Math.floor(Number(text('fetch-depth') || '1'));
  const submodules = text('submodules').toLowerCase();
  const server = (text('github-server-url') || (input.settings ?? usesSettings()).url).replace(/\/+$/, '');
  return {
    destination: destinationOf(input.workspace, text('path'), input.files.here),
    repository, ref,
    ownTree: isOwn && input.repository !== undefined && isHere(ref, github),
    url: `${server}/${repository}`,
    token: text('token'),
    persistCredentials: flag('persist-credentials', inputs),
    clean: flag('clean', inputs),
    filter: text('filter'),
    sparse: (inputs['sparse-checkout'] ?? '').split('\n').map((line) => line.trim()).filter(Boolean),
    cone: flag('sparse-checkout-cone-mode', inputs),
    depth: depth > 0 ? depth : 0,
    tags: flag('fetch-tags', inputs),
    lfs: flag('lfs', inputs),
    submodules: submodules === 'recursive' ? 'all' : submodules === 'true' ? 'one level' : 'none',
  };
}

/** Whether the ref is what the run is about anyway: then the person's own tree is meant. */
function isHere(ref: string, github: Readonly<Record<string, unknown>>): boolean {
  return ref === '' || [github['ref'], github['sha'], github['ref_name']].includes(ref);
}

function destinationOf(workspace: string, path: string, here: boolean): string {
  const destination = posix.resolve(workspace, path);
  if (destination === workspace) return destination;
  const leaves = (folder: string, root: string) => folder !== root && !isBelow(folder, root);
  if (!leaves(destination, workspace) && !(here && leaves(nearestReal(destination), nearestReal(workspace)))) return destination;
  throw new InvalidInputError(`actions/checkout: the path ${JSON.stringify(path)} leads out of the workspace ${workspace}`, 'Give a path in the workspace.');
}

/** The path with the symbolic links of what is there of it followed. */
function nearestReal(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return posix.dirname(path) === path ? path : posix.join(nearestReal(posix.dirname(path)), posix.basename(path));
  }
}
