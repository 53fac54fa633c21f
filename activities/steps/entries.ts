/** What a job's own journal holds, and what a new worker makes of it. */
import type { StepsResult } from '../contract.js';
import type { StepRecord } from '../../language/record.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import type { MatcherConfig } from '../../infra/log/matchers.js';
import { preAddress } from './actionAddresses.js';
import { openRecordLog, type RecordLog } from '../../infra/steps/recordLog.js';

/** A post step that is to run at the job's end. What it needs of its main step is kept as it was then. */
export interface PostEntry {
  readonly address: string;
  readonly name: string;
  readonly uses: string;
  /** What `github.action` is in it: the name of the job's step. */
  readonly action: string;
  readonly if: string;
  /** Evaluated. They may hold secrets: this file is of its owner alone. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** The action as it was found; absent for one that is built in. */
  readonly resolved?: ResolvedAction;
  /** What its parts put into GITHUB_STATE in an earlier attempt of the run. @default what they did in this one */
  readonly state?: Readonly<Record<string, string>>;
}

export type JobEntry =
  /** The step begins at `at`; its log in the store begins at byte `log`. */
  | { readonly kind: 'begin'; readonly address: string; readonly name: string; readonly at: number; readonly log: number; readonly annotated?: number }
  | { readonly kind: 'end'; readonly address: string; readonly record: StepRecord; readonly state: Readonly<Record<string, string>> }
  /** A person has the step run again, for the `tries`th time: what is said of it above counts no more. */
  | { readonly kind: 'again'; readonly address: string; readonly tries: number }
  | { readonly kind: 'mask'; readonly secret: string }
  /** The problem matchers of the job from now on. */
  | { readonly kind: 'matchers'; readonly matchers: readonly MatcherConfig[] }
  | { readonly kind: 'post'; readonly post: PostEntry }
  /** An action was looked up: the same commit serves to the job's end. */
  | { readonly kind: 'action'; readonly uses: string; readonly commit: string }
  /** The job was set up, for the segment that begins with the step `first`. */
  | ({ readonly kind: 'ready' } & SetUp)
  /** The run knows what undoes the step. */
  | { readonly kind: 'undo'; readonly address: string }
  /**
   * The job is over: what was given back, which holds no secret. Whoever asks again is given the same. As JSON, sealed: `masks` for what undoes its steps, `posts` for
   * the run's next attempt.
   */
  | { readonly kind: 'over'; readonly result: StepsResult; readonly masks?: string; readonly posts?: string };

export interface SetUp {
  /** Empty where there is none. */
  readonly first: string;
  /** Of the pre steps. */
  readonly records: readonly StepRecord[];
}

type Begun = Pick<Extract<JobEntry, { kind: 'begin' }>, 'name' | 'at' | 'log' | 'annotated'>;

/** The job's journal with an index of what it said when it was opened, kept up to date. */
export class JobEntries {
  readonly #log: RecordLog<JobEntry>;
  readonly #begun = new Map<string, Begun>();
  readonly #ended = new Map<string, { readonly record: StepRecord; readonly state: Readonly<Record<string, string>> }>();
  #posts: readonly PostEntry[] = [];
  readonly #tries = new Map<string, number>();
  readonly #commits = new Map<string, string>();
  readonly #undos = new Set<string>();
  readonly #masks: string[] = [];
  /** Of the step that has begun last and has not ended: it says them again when it is followed anew. */
  #open: string[] = [];
  #matchers: readonly MatcherConfig[] = [];
  #setUp: SetUp | undefined;
  #result: StepsResult | undefined;
  #sealedMasks: string | undefined;
  #sealedPosts: string | undefined;

  /** @param onTaken called when another worker has opened the journal since: gives what is thrown then */
  constructor(path: string, private readonly onTaken: () => Error) {
    this.#log = openRecordLog<JobEntry>(path);
    for (const entry of this.#log.entries) this.#take(entry);
  }

  /** Undefined while the job is not set up. */
  get setUp(): SetUp | undefined {
    return this.#setUp;
  }

  /** Of the job that is over. */
  get result(): StepsResult | undefined {
    return this.#result;
  }

  /** The job is over: its secrets leave the file. @param seal what is to be undone may print what its steps wanted hidden, and post steps have inputs @default neither is kept */
  finish(result: StepsResult, seal?: (text: string) => string): StepsResult {
    const kept = seal && {
      ...(this.#undos.size > 0 && this.#masks.length > 0 ? { masks: seal(JSON.stringify(this.#masks)) } : {}),
      ...(this.#posts.length > 0 ? { posts: seal(JSON.stringify(this.#posts.map((post) => ({ ...post, state: this.stateOf(post) })))) } : {}),
    };
    this.add({ kind: 'over', result, ...kept });
    return this.putAway(result);
  }

  /** The same once more, where a worker was killed half way. */
  putAway(result: StepsResult): StepsResult {
    this.#log.putAway(withoutSecrets);
    return result;
  }

  /** Of a job that is over. */
  get sealedMasks(): string | undefined {
    return this.#sealedMasks;
  }

  /** Of a job that is over: `PostEntry`s with their states. */
  get sealedPosts(): string | undefined {
    return this.#sealedPosts;
  }

  /** What the parts of an action put into GITHUB_STATE, for its post step. */
  stateOf({ address, state }: PostEntry): Readonly<Record<string, string>> {
    return state ?? { ...this.ended(preAddress(address))?.state, ...this.ended(address)?.state };
  }

  /** Whether the run was told what undoes the step. */
  hasUndo(address: string): boolean {
    return this.#undos.has(address);
  }

  /** What ended steps wanted hidden. */
  get masks(): readonly string[] {
    return this.#masks;
  }

  get matchers(): readonly MatcherConfig[] {
    return this.#matchers;
  }

  /** In the order of their registration. */
  get posts(): readonly PostEntry[] {
    return this.#posts;
  }

  begun(address: string): Begun | undefined {
    return this.#begun.get(address);
  }

  ended(address: string): { readonly record: StepRecord; readonly state: Readonly<Record<string, string>> } | undefined {
    return this.#ended.get(address);
  }

  /** How often a person had the step run. */
  tries(address: string): number {
    return this.#tries.get(address) ?? 1;
  }

  /** Forgets how these steps ended, where it is not forgotten yet. @param tries by address: how often they are run with this time */
  again(tries: Readonly<Record<string, number>>): void {
    for (const [address, number] of Object.entries(tries)) {
      if (this.tries(address) < number) this.add({ kind: 'again', address, tries: number });
    }
  }

  commit(uses: string): string | undefined {
    return this.#commits.get(uses);
  }

  /** @throws what `onTaken` gives, and nothing is added */
  add(entry: JobEntry): void {
    if (!this.#log.append(entry)) throw this.onTaken();
    this.#take(entry);
  }

  close(): void {
    this.#log.close();
  }

  #take(entry: JobEntry): void {
    switch (entry.kind) {
      case 'begin':
        this.#closeMasks();
        return void this.#begun.set(entry.address, entry);
      case 'end':
        this.#closeMasks();
        return void this.#ended.set(entry.address, entry);
      case 'mask':
        return void this.#open.push(entry.secret);
      case 'matchers':
        this.#matchers = entry.matchers;
        return;
      case 'post':
        this.#posts = [...this.#posts.filter(({ address }) => address !== entry.post.address), entry.post];
        return;
      case 'again':
        return this.#forget(entry);
      case 'action':
        return void this.#commits.set(entry.uses, entry.commit);
      case 'ready':
        this.#setUp = entry;
        return;
      case 'undo':
        return void this.#undos.add(entry.address);
      case 'over':
        this.#result = entry.result;
        this.#sealedMasks = entry.masks;
        this.#sealedPosts = entry.posts;
    }
  }

  #forget({ address, tries }: Extract<JobEntry, { kind: 'again' }>): void {
    this.#closeMasks();
    this.#tries.set(address, tries);
    const isOfIt = (other: string): boolean => other === address || other.startsWith(`${address}/`);
    for (const known of [this.#begun, this.#ended]) for (const other of [...known.keys()].filter(isOfIt)) known.delete(other);
  }

  #closeMasks(): void {
    this.#masks.push(...this.#open);
    this.#open = [];
  }
}

/** What tells how far the job is, and how it ended; nothing that a step said. */
function withoutSecrets(entry: JobEntry): object {
  switch (entry.kind) {
    case 'begin':
      return { kind: entry.kind, address: entry.address, at: entry.at, log: entry.log };
    case 'end': {
      const { outcome, conclusion, startedAt, endedAt } = entry.record;
      return { kind: entry.kind, address: entry.address, record: { outcome, conclusion, startedAt, endedAt } };
    }
    case 'over':
      return entry;
    default:
      return {};
  }
}
