/**
 * Problem matchers: regular expressions that turn a step's output into annotations, from JSON files that a step names with `::add-matcher::`.
 *
 * 1. The set is the job's: what one step adds holds for the steps after it. How far a match of several lines is, is the step's own.
 * 2. The newest matcher is asked first; the first that matches takes the line, and the others begin anew.
 */
import { type Annotation, type AnnotationLevel, given, positive } from './annotation.js';
import { type MatcherConfig, type PatternConfig, PLACES, type Place } from './matcherFile.js';

export { type MatcherConfig, parseMatcherFile } from './matcherFile.js';

/** A matcher that takes longer than this for one line is given up, in milliseconds: it would hold up everything. GitHub's. */
const SLOW_MS = 1000;

/** The matchers of a job. */
export class ProblemMatchers {
  #configs: readonly MatcherConfig[] = [];

  /** @param configs of an earlier segment of the job @param slowMs for tests @default 1000 */
  constructor(configs: readonly MatcherConfig[] = [], private readonly slowMs = SLOW_MS) {
    this.add(configs);
  }

  /** What is there, to be kept for the steps after these; the newest first. */
  get configs(): readonly MatcherConfig[] {
    return this.#configs;
  }

  /** Those of the same owner are replaced. */
  add(configs: readonly MatcherConfig[]): void {
    for (const config of configs) this.#configs = [config, ...this.#without([config.owner])];
  }

  /** @param owners in any case */
  remove(owners: readonly string[]): void {
    this.#configs = this.#without(owners);
  }

  /** For the lines of one step. @param onGiveUp is told the owner of a matcher that takes too long; it is removed */
  forStep(onGiveUp: (owner: string) => void = () => undefined): StepMatchers {
    const giveUp = (config: MatcherConfig): void => {
      this.#configs = this.#configs.filter((one) => one !== config);
      onGiveUp(config.owner);
    };
    return new StepMatchers(() => this.#configs, giveUp, this.slowMs);
  }

  #without(owners: readonly string[]): readonly MatcherConfig[] {
    const gone = new Set(owners.map((owner) => owner.toLowerCase()));
    return this.#configs.filter(({ owner }) => !gone.has(owner.toLowerCase()));
  }
}

export class StepMatchers {
  #of: readonly MatcherConfig[] = [];
  #running: readonly RunningMatcher[] = [];

  constructor(private readonly configs: () => readonly MatcherConfig[], private readonly giveUp: (config: MatcherConfig) => void, private readonly slowMs: number) {}

  /** Without any there is no need to look at lines. */
  get some(): boolean {
    return this.configs().length > 0;
  }

  /** @param line without its line break and colours */
  match(line: string): Annotation | undefined {
    let before = performance.now();
    for (const matcher of this.#current()) {
      const found = matcher.match(line);
      const after = performance.now();
      if (after - before > this.slowMs) this.giveUp(matcher.config);
      before = after;
      if (found === undefined) continue;
      for (const other of this.#running) if (other !== matcher) other.reset();
      const annotation = annotationOf(found, matcher.config);
      if (annotation !== undefined) return annotation;
    }
    return undefined;
  }

  #current(): readonly RunningMatcher[] {
    const configs = this.configs();
    if (configs !== this.#of) {
      this.#of = configs;
      this.#running = configs.map((config) => this.#running.find((one) => one.config === config) ?? new RunningMatcher(config));
    }
    return this.#running;
  }
}

type Found = Partial<Record<Place, string>>;

class RunningMatcher {
  readonly #patterns: readonly { readonly config: PatternConfig; readonly regexp: RegExp }[];
  /** What each pattern but the last has found so far. */
  #state: (Found | undefined)[] = [];

  constructor(readonly config: MatcherConfig) {
    this.#patterns = config.patterns.map((pattern) => ({ config: pattern, regexp: new RegExp(pattern.regexp) }));
  }

  reset(): void {
    this.#state = [];
  }

  /** The last pattern is asked first, so that one line takes a match one step further, and not several. */
  match(line: string): Found | undefined {
    for (let i = this.#patterns.length - 1; i >= 0; i--) {
      const before = i === 0 ? {} : this.#state[i - 1];
      if (before === undefined) continue;
      const { config, regexp } = this.#patterns[i]!;
      const groups = regexp.exec(line);
      if (i === this.#patterns.length - 1) {
        if (groups !== null) {
          this.reset();
          if (config.loop === true) this.#state[i - 1] = before;
          return taken(before, config, groups);
        }
        if (i > 0) this.#state[i - 1] = undefined;
      } else {
        this.#state[i] = groups === null ? undefined : taken(before, config, groups);
      }
    }
    return undefined;
  }
}

function taken(before: Found, config: PatternConfig, groups: RegExpExecArray): Found {
  const found = { ...before };
  for (const place of PLACES) {
    const group = config[place];
    if (group !== undefined) found[place] = groups[group] ?? '';
  }
  return found;
}

function annotationOf(found: Found, config: MatcherConfig): Annotation | undefined {
  const message = found.message ?? '';
  const level = levelOf(found.severity || config.severity || 'error');
  if (message.trim() === '' || level === undefined) return undefined;
  return {
    level, message,
    ...given({ file: fileOf(found, config), line: positive(found.line), column: positive(found.column), code: found.code?.trim() }),
  };
}

function levelOf(severity: string): AnnotationLevel | undefined {
  const level = severity.toLowerCase();
  return level === 'error' || level === 'warning' || level === 'notice' ? level : undefined;
}

/** A relative file is found from the folder of `fromPath`, that of a project file. */
function fileOf({ file, fromPath }: Found, config: MatcherConfig): string | undefined {
  const from = fromPath || config.fromPath;
  const path = file?.trim().replaceAll('\\', '/');
  if (path === undefined || path === '' || from === undefined || /^(?:\/|[A-Za-z]:)/.test(path)) return path;
  const folder = from.replaceAll('\\', '/').replace(/\/?[^/]*$/, '');
  return folder === '' ? path : `${folder}/${path}`;
}
