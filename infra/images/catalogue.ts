/** The images of the project: their names, and what each is made from. */
import { InvalidInputError } from '../errors.js';

/** Images that a deployment asks for by name. */
export const IMAGE_NAMES = ['machine', 'infra', 'db', 'dbhelper', 'web'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Images that only others are made from: a plain Debian, the common base, fleet's two programs, a machine's packages. */
export type PartName = 'debian' | 'base' | 'fleet' | 'system';
export type AnyImageName = ImageName | PartName;

/**
 * How an image is made: from its Dockerfile; `debian` from a hub or from the host's package mirror; `fleet` by compiling in
 * a container of its parent.
 */
export type RecipeKind = 'dockerfile' | 'debian' | 'fleet';

export interface Recipe {
  readonly name: AnyImageName;
  readonly kind: RecipeKind;
  /** Images that must be there first; a Dockerfile gets each as the build argument `PARENT_<NAME>`. */
  readonly parents: readonly AnyImageName[];
}

const RECIPES: Readonly<Record<AnyImageName, Recipe>> = {
  debian: { name: 'debian', kind: 'debian', parents: [] },
  base: { name: 'base', kind: 'dockerfile', parents: ['debian'] },
  fleet: { name: 'fleet', kind: 'fleet', parents: ['base'] },
  system: { name: 'system', kind: 'dockerfile', parents: ['base'] },
  machine: { name: 'machine', kind: 'dockerfile', parents: ['fleet', 'system'] },
  infra: { name: 'infra', kind: 'dockerfile', parents: ['base'] },
  db: { name: 'db', kind: 'dockerfile', parents: ['base'] },
  dbhelper: { name: 'dbhelper', kind: 'dockerfile', parents: ['base'] },
  web: { name: 'web', kind: 'dockerfile', parents: ['base'] },
};

export function recipe(name: AnyImageName): Recipe {
  return RECIPES[name];
}

/** Whether the text names an image that a deployment may ask for. */
export function isImageName(name: string): name is ImageName {
  return (IMAGE_NAMES as readonly string[]).includes(name);
}

/** The texts as names of images. @throws InvalidInputError that lists the names there are */
export function imageNames(names: readonly string[]): readonly ImageName[] {
  const unknown = names.filter((name) => !isImageName(name));
  if (unknown.length === 0) return names as readonly ImageName[];
  throw new InvalidInputError(`there is no image ${unknown.map((name) => JSON.stringify(name)).join(', ')}`, `The images are ${IMAGE_NAMES.join(', ')}.`);
}

/** `fleetwright/web`: the repository of an image, on the engine and in the registry. */
export function repository(name: AnyImageName): string {
  return `fleetwright/${name}`;
}

/**
 * The cluster's registry, as its machines call it. A name that nobody can own (ICANN keeps `.internal` for private use), known from the
 * machines' hosts file alone: an image that the registry lacks is an error, never a download from somewhere else.
 */
export const MACHINES_REGISTRY = 'registry.fleetwright.internal:5000';

/** `registry.fleetwright.internal:5000/fleetwright/web`: an image as the machines and the units call it. */
export function machinesReference(name: ImageName): string {
  return `${MACHINES_REGISTRY}/${repository(name)}`;
}

/** The label that holds an image's content hash. */
export const HASH_LABEL = 'fleetwright.hash';

/** The label that holds an image's name in the catalogue. */
export const IMAGE_LABEL = 'fleetwright.image';
