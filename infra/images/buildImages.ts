/** Builds what is missing, and nothing else: an image whose content hash is there as a tag is not built again. */
import type Docker from 'dockerode';
import { imageId, imageLabels, removeNameless, StreamError, tagImage } from '../docker/client.js';
import { PermanentError, TransientError } from '../errors.js';
import { withLock } from '../lock.js';
import { stateDir } from '../paths.js';
import { Slots } from '../slots.js';
import type { ProgressListener } from '../progressListener.js';
import { hideCredentials } from './buildEnvironment.js';
import { type AnyImageName, HASH_LABEL, IMAGE_LABEL, recipe, type Recipe, repository } from './catalogue.js';
import { TAG_LENGTH } from './contentHash.js';
import { type Context, readContext } from './context.js';
import { Hashes, type HashSource, remember } from './hashes.js';
import type { MakeRequest } from './make.js';
import { makeDebian } from './makeDebian.js';
import { makeFleet } from './makeFleet.js';
import { makeFromDockerfile } from './makeFromDockerfile.js';

export interface BuildOptions {
  /** Builds all named images and what they are made from afresh. @default false */
  readonly noCache?: boolean;
  /** Each line of each build's log, after the image's name: `web: Step 3/7 : RUN ...`. */
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where recipes and contexts come from, and what images are called. @default those of the package */
  readonly source?: ImageSource;
  /** Called with each image that was really built, after it has its names. */
  readonly onBuilt?: (name: AnyImageName) => void;
}

export interface ImageSource extends HashSource {
  repository(name: AnyImageName): string;
}

const PACKAGE: ImageSource = { recipe, repository, read: (name) => readContext(name) };

export interface BuiltImage {
  /** `fleetwright/web`: always the newest, by its tag `latest`. */
  readonly image: string;
  /** SHA-256 in hex of all that it is made from; its first 12 characters are a tag too. */
  readonly hash: string;
  /** False when it was there already. */
  readonly built: boolean;
}

/** More builds at once only take turns on the processor. */
const BUILDS_AT_ONCE = 2;
const LOG_LINES = 30;
/** How long another process may take that builds the same image. */
const OTHERS_BUILD_MS = 1_800_000;

/**
 * Makes sure that the named images are on the engine, as `fleetwright/<name>:latest` and `:<first 12 of the hash>`.
 * @throws PermanentError with the last lines of the build's log; TransientError when the network failed; the signal's reason
 */
export async function buildImages<Name extends AnyImageName>(
  docker: Docker, names: readonly Name[], options: BuildOptions = {},
): Promise<Readonly<Record<Name, BuiltImage>>> {
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const builder = new Builder(docker, { ...options, signal });
  const builds = names.map((name) => builder.ensure(name));
  try {
    const results = await Promise.all(builds);
    await builder.removeReplaced();
    return Object.fromEntries(names.map((name, at) => [name, results[at]])) as Record<Name, BuiltImage>;
  } catch (error) {
    // The other builds are of no use any more; they end before this does.
    failed.abort(error);
    await Promise.allSettled(builder.all());
    throw error;
  }
}

class Builder {
  readonly #slots = new Slots(BUILDS_AT_ONCE);
  readonly #images = new Map<AnyImageName, Promise<BuiltImage>>();

  /** Images that have lost their names to new ones, parents first. */
  readonly #replaced: string[] = [];
  readonly #source: ImageSource;
  readonly #hashes: Hashes;

  constructor(readonly docker: Docker, readonly options: BuildOptions & { readonly signal: AbortSignal }) {
    this.#source = options.source ?? PACKAGE;
    this.#hashes = new Hashes(this.#source);
  }

  all(): readonly Promise<BuiltImage>[] {
    return [...this.#images.values()];
  }

  /** Removes what has been replaced: images before those that they were made from, which cannot go earlier. */
  async removeReplaced(): Promise<void> {
    for (const id of this.#replaced.reverse()) await removeNameless(this.docker, id, this.options);
  }

  ensure(name: AnyImageName): Promise<BuiltImage> {
    return remember(this.#images, name, () => this.#ensure(this.#source.recipe(name)));
  }

  async #ensure({ name, parents }: Recipe): Promise<BuiltImage> {
    const hash = await this.#hashes.hash(name);
    const done = { image: this.#source.repository(name), hash };
    if (!this.options.noCache && await this.#isThere(name, hash)) return { ...done, built: false };
    await Promise.all(parents.map((parent) => this.ensure(parent)));
    const built = await withLock(stateDir('locks', `image-${name}`), async () => {
      if (!this.options.noCache && await this.#isThere(name, hash)) return false;
      const release = await this.#slots.take(this.options.signal);
      try {
        await this.#make(name, hash);
      } finally {
        release();
      }
      return true;
    }, { timeoutMs: OTHERS_BUILD_MS, signal: this.options.signal });
    return { ...done, built };
  }

  async #isThere(name: AnyImageName, hash: string): Promise<boolean> {
    const reference = `${this.#source.repository(name)}:${hash.slice(0, TAG_LENGTH)}`;
    if (await imageLabels(this.docker, reference, this.options) === undefined) return false;
    await tagImage(this.docker, reference, this.#source.repository(name), 'latest', this.options);
    return true;
  }

  async #make(name: AnyImageName, hash: string): Promise<void> {
    const log: string[] = [];
    const request: MakeRequest = {
      repo: this.#source.repository(name), tag: hash.slice(0, TAG_LENGTH),
      labels: { [HASH_LABEL]: hash, [IMAGE_LABEL]: name },
      parents: await this.#parents(this.#source.recipe(name)),
      noCache: this.options.noCache ?? false,
      signal: this.options.signal,
      onLine: (line) => {
        const safe = hideCredentials(line);
        log.push(safe);
        if (log.length > LOG_LINES) log.shift();
        this.options.onProgress?.(`${name}: ${safe}`);
      },
    };
    const replaced = await imageId(this.docker, `${request.repo}:${request.tag}`, this.options);
    try {
      await make(this.docker, this.#source.recipe(name), await this.#hashes.context(name), request);
      await tagImage(this.docker, `${request.repo}:${request.tag}`, request.repo, 'latest', this.options);
      if (replaced !== undefined) this.#replaced.push(replaced);
      this.options.onBuilt?.(name);
    } catch (error) {
      this.options.signal?.throwIfAborted();
      throw buildFailure(request.repo, error, log);
    }
  }

  /** By the engine's id: a name that has gone meanwhile would make the engine look for it on Docker Hub, where anybody may own it. */
  #parents({ parents }: Recipe): Promise<MakeRequest['parents']> {
    return Promise.all(parents.map(async (name) => {
      const reference = `${this.#source.repository(name)}:${(await this.#hashes.hash(name)).slice(0, TAG_LENGTH)}`;
      const id = await imageId(this.docker, reference, this.options);
      if (id === undefined) throw new TransientError(`the image ${reference} vanished while another was made from it`);
      return { name, id };
    }));
  }
}

async function make(docker: Docker, { kind }: Recipe, context: Context, request: MakeRequest): Promise<void> {
  if (kind === 'debian') return makeDebian(docker, request);
  if (kind === 'fleet') return makeFleet(docker, context.files, request);
  return makeFromDockerfile(docker, [...context.files, ...await context.generate()], request);
}

const NETWORK_FAILURE = /could not resolve|temporary failure|failed to fetch|connection (?:failed|refused|reset|timed out)|i\/o timeout|tls handshake|broke off|unexpected EOF/i;

function buildFailure(repo: string, error: unknown, log: readonly string[]): Error {
  if (!(error instanceof StreamError)) return error as Error;
  const text = `the image ${repo} could not be built: ${hideCredentials(error.message)}\n${log.map((line) => `    ${line}`).join('\n')}`;
  const everything = `${error.message}\n${log.join('\n')}`;
  if (/no space left on device/i.test(everything)) {
    return new PermanentError(text, 'Free disk space where the engine keeps its data: docker system df shows what takes it.', { cause: error });
  }
  if (NETWORK_FAILURE.test(everything)) return new TransientError(text, { cause: error });
  return new PermanentError(text, `See the lines above, and the image's folder in docker-images/.`, { cause: error });
}
