/**
 * The workflows that a workflow calls, and those that they call: found, parsed and checked against their callers, so that the plan
 * holds all of them and a run needs no file after its start.
 */
import { cacheModeOf, cacheModesBeyond } from './cacheMode.js';
import { givenTo, missingPermissions } from './callPermissions.js';
import type { CallDefinition, CallInterface, Definition, Permissions } from './definition.js';
import { type Diagnostic, type Position, suggest, withSuggestion } from './diagnostics.js';
import { INSERT } from './insert.js';
import { coerceInput } from './inputValues.js';
import { parseWorkflowFile } from './parse.js';
import type { CacheMode } from './plan.js';
import { hasExpression } from './templates.js';
import { fromHome, type Home, isOwn, ownPath } from './usesOwn.js';

/**
 * Finds the file of a called workflow.
 * @param uses `./.github/workflows/build.yml`, from the root of the repository in which the run's own file stands, or
 *   `owner/repo/.github/workflows/build.yml@v1`: what a called workflow calls locally, or by `$/`, is named by its own repository and version
 * @returns its text, and its name for messages; or a clause that says why it cannot be read; with `unreachable` it may be there all the same
 */
export type ReadWorkflow = (uses: string) => Promise<{ readonly text: string; readonly file: string } | { readonly problem: string; readonly unreachable?: boolean }>;

/** A called workflow with what it calls itself. */
export interface CalledWorkflow {
  readonly definition: Definition & { readonly call: CallInterface };
  readonly calls: CalledWorkflows;
}

/** By `uses` as written in the caller. */
export type CalledWorkflows = ReadonlyMap<string, CalledWorkflow>;

export interface LoadedCalls {
  readonly calls: CalledWorkflows;
  readonly diagnostics: readonly Diagnostic[];
  /** What GitHub refuses and we run: permissions that a called workflow asks for and is not given. */
  readonly tolerated: readonly Diagnostic[];
}

/** The caller counts: GitHub's limit. */
export const MOST_LEVELS = 10;

/**
 * @param read without it every call is a problem
 * @param unreachable what a workflow is whose repository cannot be reached: nothing can be said of it, nor can it be run. @default error
 */
export async function loadCalls(definition: Definition, read: ReadWorkflow | undefined, unreachable: 'error' | 'warning' = 'error'): Promise<LoadedCalls> {
  const loader = new Loader(read ?? (async () => ({ problem: 'called workflows are not read here' })), unreachable);
  const calls = await loader.load(definition, { chain: [] });
  return { calls, diagnostics: loader.diagnostics, tolerated: loader.tolerated };
}

/** How a workflow came to be called. */
interface Place {
  /** Undefined for the run's own repository. */
  readonly home?: Home | undefined;
  /** The calls that lead here. */
  readonly chain: readonly string[];
  /** What its caller gives it; of several that call it from one file, the first. */
  readonly given?: Permissions | undefined;
  /** As `given`. */
  readonly cacheMode?: CacheMode | undefined;
}

class Loader {
  readonly diagnostics: Diagnostic[] = [];
  readonly tolerated: Diagnostic[] = [];
  readonly #texts = new Map<string, ReturnType<ReadWorkflow>>();
  /** Of each file the problems are said once. */
  readonly #reported = new Set<string>();

  constructor(private readonly read: ReadWorkflow, private readonly unreachable: 'error' | 'warning') {}

  async load(definition: Definition, place: Place): Promise<CalledWorkflows> {
    const calls = new Map<string, CalledWorkflow>();
    for (const { call, position, ...job } of definition.jobs) {
      if (!call) continue;
      const [given, cacheMode] = [givenTo(job, definition, place.given), cacheModeOf(job, definition, place.cacheMode)];
      const called = calls.get(call.uses) ?? (await this.#called(call, definition.file, { ...place, given, cacheMode }));
      if (!called) continue;
      calls.set(call.uses, called);
      const tolerate = (at: Position, message: string): void => void this.tolerated.push({ file: definition.file, line: at.line, column: at.column, message });
      for (const missing of [...missingPermissions(called.definition, given), ...cacheModesBeyond(called.definition, cacheMode)]) tolerate(position, `${call.uses}: ${missing}`);
      for (const name of missingInputs(call, called.definition.call)) tolerate(call.usesPosition, `${call.uses} needs the input "${name}": GitHub asks for it although it has a default`);
      checkCall(call, called.definition.call, (at, message, suggestion) => this.#problem(definition.file, at, message, suggestion));
    }
    return calls;
  }

  async #called(call: CallDefinition, file: string, { home, chain, ...given }: Place): Promise<CalledWorkflow | undefined> {
    const problem = (message: string): undefined => this.#problem(file, call.usesPosition, message);
    const uses = absolute(call.uses, home);
    if (chain.includes(uses)) return problem(`these workflows call each other: ${[...chain.slice(chain.indexOf(uses)), uses].join(' calls ')}`);
    if (chain.length + 1 >= MOST_LEVELS) return problem(`workflows call each other ${chain.length + 2} levels deep, and ${MOST_LEVELS} is the most`);
    const source = this.#texts.get(uses) ?? this.read(uses);
    this.#texts.set(uses, source);
    const found = await source;
    if ('problem' in found) {
      const message = `${JSON.stringify(call.uses)} cannot be read: ${found.problem}`;
      return found.unreachable && this.unreachable === 'warning' ? this.#warning(file, call.usesPosition, message) : problem(message);
    }
    // With problems there is a draft at the most: what the call has to do with it is said as well, and nothing of it is run.
    const { draft: definition, diagnostics } = parseWorkflowFile(found.text, found.file);
    if (!this.#reported.has(uses)) this.diagnostics.push(...diagnostics);
    this.#reported.add(uses);
    if (!definition) return undefined;
    if (!definition.call) return problem(`${JSON.stringify(call.uses)} cannot be called: its "on" has no workflow_call`);
    const there = homeOf(uses);
    return { definition: { ...atHome(definition, there), call: definition.call }, calls: await this.load(definition, { ...given, home: there, chain: [...chain, uses] }) };
  }

  #warning(file: string, { line, column }: Position, message: string): undefined {
    this.diagnostics.push({ file, line, column, message, severity: 'warning' });
  }

  #problem(file: string, at: Position, message: string, suggestion?: string): undefined {
    this.diagnostics.push({ file, line: at.line, column: at.column, message, ...withSuggestion(suggestion) });
  }
}

/** What its steps name by `$/` stands where it stands. */
function atHome(definition: Definition, home: Home | undefined): Definition {
  if (!home) return definition;
  return { ...definition, jobs: definition.jobs.map((job) => ({ ...job, steps: job.steps.map((step) => (step.kind === 'uses' ? { ...step, uses: fromHome(step.uses, home) } : step)) })) };
}

function homeOf(uses: string): Home | undefined {
  const [, repository, ref] = /^([\w.-]+\/[\w.-]+)\/[^@]+@(.+)$/.exec(uses) ?? [];
  return uses.startsWith('./') || repository === undefined || ref === undefined ? undefined : { repository, ref };
}

function absolute(uses: string, home: Home | undefined): string {
  if (!uses.startsWith('./') && !isOwn(uses)) return uses;
  const path = isOwn(uses) ? ownPath(uses) : uses.split('/').filter((part) => part !== '.' && part !== '').join('/');
  return home ? `${home.repository}/${path}@${home.ref}` : `./${path}`;
}

type Report = (at: Position, message: string, suggestion?: string) => void;

function checkCall(call: CallDefinition, { inputs, secrets }: CallInterface, report: Report): void {
  checkNames('input', Object.keys(call.with), inputs, call.withPositions, call, report);
  for (const [name, value] of Object.entries(call.with)) {
    const input = inputs.get(declaredName(inputs, name) ?? name);
    if (!input || hasExpression(value)) continue;
    const { problem } = coerceInput(value, input.type);
    if (problem !== undefined) report(call.withPositions.get(name)?.value ?? call.usesPosition, `input ${name}: ${problem}`);
  }
  if (call.secrets !== 'inherit') checkNames('secret', Object.keys(call.secrets), secrets, call.secretPositions, call, report);
}

/** What is required and has a default: without a caller it is that, and GitHub wants it from every caller. */
function missingInputs({ with: given }: CallDefinition, { inputs }: CallInterface): readonly string[] {
  if (Object.hasOwn(given, INSERT)) return [];
  const present = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  return [...inputs].flatMap(([name, { required, default: fallback }]) => (required && fallback !== undefined && !present.has(name.toLowerCase()) ? [name] : []));
}

function checkNames(
  what: 'input' | 'secret', given: readonly string[], declared: ReadonlyMap<string, { readonly required: boolean; readonly default?: unknown }>,
  positions: CallDefinition['withPositions'], { uses, usesPosition }: CallDefinition, report: Report,
): void {
  if (given.includes(INSERT)) return;
  for (const name of given) {
    if (declaredName(declared, name) !== undefined) continue;
    const names = [...declared.keys()];
    report(positions.get(name)?.key ?? usesPosition, `${uses} has no ${what} ${JSON.stringify(name)}${names.length > 0 ? `: there are ${names.join(', ')}` : ''}`, suggest(name, names));
  }
  const present = new Set(given.map((name) => name.toLowerCase()));
  for (const [name, { required, default: fallback }] of declared) {
    if (required && fallback === undefined && !present.has(name.toLowerCase())) report(usesPosition, `${uses} needs the ${what} "${name}"`);
  }
}

/** The name as the called workflow writes it: names are compared without case. */
export function declaredName(declared: ReadonlyMap<string, unknown>, given: string): string | undefined {
  if (declared.has(given)) return given;
  return [...declared.keys()].find((name) => name.toLowerCase() === given.toLowerCase());
}
