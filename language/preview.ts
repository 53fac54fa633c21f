/**
 * What a run of a plan will do, as far as that is known before it begins. Pure.
 *
 * 1. It is what happens when all goes well: what a failure alone lets run is said to depend on it.
 * 2. What reads the results of earlier jobs or steps is not guessed.
 */
import type { Actions } from './actionMetadata.js';
import { callInputs } from './callInputs.js';
import { type JobFacts, jobScope, type RunFacts, runScope } from './contexts.js';
import { contextsOf, evaluateCondition, ExpressionError, parseExpression, type Scope, templateText } from './expressions.js';
import { expandStrategy, type JobInstance, jobName } from './matrix.js';
import type { JobPlan, Plan, Scalar, StepPlan } from './plan.js';
import { evaluateWith } from './steps.js';
import { conditionText, hasExpression } from './templates.js';

export interface Preview extends Pick<Plan, 'name' | 'file' | 'inputs' | 'onFailure'> {
  /** Of the file's concurrency: one run of it at a time. */
  readonly group?: string;
  /** Called jobs stand behind their callers, those of a matrix one after the other. */
  readonly jobs: readonly JobPreview[];
  /** Which steps are undone by what, in the order in which that would be done: last first. Jobs that run at the same time may be in another one. */
  readonly undo: readonly UndoPreview[];
}

export type Happens =
  | { readonly kind: 'runs' }
  | { readonly kind: 'skipped'; readonly because: string }
  /** It is decided when the run is there. */
  | { readonly kind: 'depends'; readonly on: string };

export interface JobPreview {
  /** As in the run's record. Of a matrix that is not known yet, the job's id. */
  readonly key: string;
  readonly name: string;
  readonly needs: readonly string[];
  readonly happens: Happens;
  /** The workflow that it calls. */
  readonly calls?: string;
  /** Its matrix is made from the results of other jobs. */
  readonly openMatrix?: true;
  /** Of the environment whose gate it waits for. */
  readonly gate?: { readonly environment: string; readonly reviewers: readonly string[]; readonly waitMinutes: number };
  readonly steps: readonly StepPreview[];
}

export interface StepPreview {
  readonly address: string;
  readonly name: string;
  readonly happens: Happens;
  /** `fleetwright/boot-servers@v1`, `actions/checkout@v4`, `run`, `wait`. */
  readonly uses: string;
  /** What the action says that it makes, or the script's first line. */
  readonly makes?: string;
  /** What the action is given; inputs that are not known yet as they are written. */
  readonly with?: Readonly<Record<string, Scalar>>;
  readonly undo?: string;
}

export interface UndoPreview { readonly job: string; readonly address: string; readonly name: string; readonly undo: string }

const RUNS: Happens = { kind: 'runs' };
/** Facts of the run itself, which has no number yet. */
const OWN = /github\s*(?:\.|\[\s*')\s*(?:run_id|run_number|run_attempt)/i;

export function previewOf(plan: Plan, actions: Actions): Preview {
  const { name, file, inputs, onFailure, concurrency, env, facts } = plan;
  const run: RunFacts = { id: `${plan.type}/plan#0` as RunFacts['id'], attempt: 1, name, inputs, env, ...(facts ? { facts } : {}) };
  const jobs = levelOf(plan.jobs, { run, known: new Set(['github', 'inputs', 'vars']), actions });
  const undo = jobs.flatMap(({ key: job, happens, steps }) => (happens.kind === 'skipped' ? [] : steps.flatMap(({ address, name: step, undo: by, happens: how }) =>
    (by === undefined || how.kind === 'skipped' ? [] : [{ job, address, name: step, undo: by }])))).reverse();
  return { name, file, inputs, onFailure, ...(concurrency ? { group: known(concurrency.group, runScope(run)) } : {}), jobs, undo };
}

interface Level {
  readonly run: RunFacts;
  /** Contexts whose values are known. */
  readonly known: ReadonlySet<string>;
  readonly actions: Actions;
  readonly caller?: { readonly key: string; readonly name: string; readonly happens: Happens };
}

/** Each behind those that it needs. */
function levelOf(jobs: readonly JobPlan[], level: Level): readonly JobPreview[] {
  const fates = new Map<string, Happens>();
  const done: JobPreview[] = [];
  const add = (job: JobPlan): void => {
    if (fates.has(job.id)) return;
    for (const need of jobs) if (job.needs.includes(need.id)) add(need);
    const happens = fateOf(job, fates, level);
    fates.set(job.id, happens);
    done.push(...instancesOf(job, happens, level));
  };
  jobs.forEach(add);
  return done;
}

function fateOf(job: JobPlan, fates: ReadonlyMap<string, Happens>, { run, known: names, caller }: Level): Happens {
  if (caller && caller.happens.kind !== 'runs') return caller.happens;
  const own = decided(job.if, names, runScope(run));
  if (own.kind === 'skipped' || hasStatus(job.if)) return own;
  const needed = job.needs.map((need) => [need, fates.get(need)] as const);
  const skipped = needed.find(([, fate]) => fate?.kind === 'skipped');
  if (skipped) return { kind: 'skipped', because: `it needs ${skipped[0]}, which is skipped` };
  const open = needed.find(([, fate]) => fate?.kind === 'depends');
  return own.kind === 'runs' && open ? { kind: 'depends', on: `whether ${open[0]} runs` } : own;
}

function instancesOf(job: JobPlan, happens: Happens, level: Level): readonly JobPreview[] {
  const { run, caller } = level;
  const keyOf = (local: string): string => (caller ? `${caller.key} / ${local}` : local);
  const isOpen = contextsIn(job.strategy).some((name) => !level.known.has(name));
  const expanded = job.strategy === undefined || isOpen ? undefined : attempt(() => expandStrategy(job, runScope(run)).instances);
  const instances: readonly JobInstance[] = expanded ?? [{ key: job.id, strategy: {} }];
  const withMatrix = job.strategy === undefined || expanded ? new Set([...level.known, 'matrix', 'strategy']) : level.known;
  return instances.flatMap((instance) => {
    const facts: JobFacts = { run, job: job.id, needs: {}, strategy: instance.strategy, ...(instance.matrix ? { matrix: instance.matrix } : {}) };
    const scope = jobScope(facts);
    const local = knows(job.name, withMatrix) ? attempt(() => jobName(job, instance, scope)) ?? job.id : job.id;
    const key = keyOf(instance.key);
    const name = caller ? `${caller.name} / ${local}` : local;
    const one: JobPreview = {
      key, name, needs: job.needs.map(keyOf), happens, ...(job.call ? { calls: job.call.uses } : {}), ...(job.strategy && !expanded ? { openMatrix: true as const } : {}),
      ...gateOf(job, scope, run), steps: job.steps.map((step) => stepOf(step, scope, withMatrix, level.actions)),
    };
    return job.call ? [one, ...calledBy(job.call, one, scope, { ...level, known: withMatrix })] : [one];
  });
}

function calledBy(call: NonNullable<JobPlan['call']>, { key, name, happens }: JobPreview, scope: Scope, { run, known: names, actions }: Level): readonly JobPreview[] {
  const inputs = Object.values(call.with).every((value) => knows(value, names)) ? attempt(() => callInputs(call, scope, runScope(run))) : undefined;
  const below = new Set(['github', 'vars', ...(inputs ? ['inputs'] : [])]);
  return levelOf(call.workflow.jobs, { run: { ...run, inputs: inputs ?? {}, env: call.workflow.env }, known: below, actions, caller: { key, name, happens } });
}

function gateOf({ environment }: JobPlan, scope: Scope, { facts }: RunFacts): Pick<JobPreview, 'gate'> {
  if (environment === undefined) return {};
  const name = known(environment.name, scope);
  const { reviewers = [], waitMinutes = 0 } = facts?.environments?.[name.toLowerCase()] ?? {};
  return reviewers.length > 0 || waitMinutes > 0 ? { gate: { environment: name, reviewers, waitMinutes } } : {};
}

function stepOf(step: StepPlan, scope: Scope, names: ReadonlySet<string>, actions: Actions): StepPreview {
  const firstLine = (text: string): string => text.trim().split('\n', 1)[0]!;
  const name = firstLine(knows(step.name, names) ? known(step.name, scope) : step.name);
  const base = { address: step.address, name, happens: decided(step.if, names, scope) };
  switch (step.kind) {
    case 'action': {
      const given = Object.entries(step.with).map(([key, value]) => [key, knows(value, names) ? attempt(() => evaluateWith({ with: { [key]: value }, inputTypes: step.inputTypes }, scope)[key]) ?? value : value] as const);
      const makes = actions.get(step.activity)?.description;
      return { ...base, uses: step.uses, ...(makes === undefined ? {} : { makes: makes.replace(/\s+/g, ' ').trim() }), with: Object.fromEntries(given), ...(step.undo === undefined ? {} : { undo: step.undo }) };
    }
    case 'run':
      return { ...base, uses: 'run', makes: firstLine(step.run), ...(step.undo === undefined ? {} : { undo: firstLine(step.undo) }) };
    case 'uses':
      return { ...base, uses: step.uses };
    default:
      return { ...base, uses: step.kind };
  }
}

function decided(condition: string | undefined, names: ReadonlySet<string>, scope: Scope): Happens {
  if (condition === undefined) return RUNS;
  const text = conditionText(condition);
  const { contexts, functions } = parseExpression(text);
  const depends: Happens = { kind: 'depends', on: text };
  if (contexts.some((name) => !names.has(name)) || functions.includes('hashfiles') || OWN.test(text)) return depends;
  const holds = attempt(() => evaluateCondition(condition, scope));
  if (holds === true) return RUNS;
  return holds === undefined || functions.includes('failure') || functions.includes('cancelled') ? depends : { kind: 'skipped', because: `not ${text}` };
}

function hasStatus(condition: string | undefined): boolean {
  return condition !== undefined && parseExpression(conditionText(condition)).functions.some((name) => ['always', 'failure', 'cancelled', 'success'].includes(name));
}

function contextsIn(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(contextsIn);
  return hasExpression(value) ? contextsOf(value) : [];
}

function knows(template: Scalar, names: ReadonlySet<string>): boolean {
  return contextsIn(template).every((name) => names.has(name)) && !OWN.test(String(template));
}

/** As it is written where it cannot be evaluated. */
function known(template: string, scope: Scope): string {
  return attempt(() => templateText(template, scope)) ?? template;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
