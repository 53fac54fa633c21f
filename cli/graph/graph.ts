/** The jobs of a plan as a graph: an edge leads from a job to one that needs it. With a record each job has its state. Pure. */
import type { JobPlan, Plan } from '../../language/plan.js';
import type { JobRecord, ProgressRecord } from '../../language/record.js';
import { type State, stateOfThing } from '../states.js';

export interface GraphNode {
  /** Unique in its graph. */
  readonly id: string;
  readonly name: string;
  /** A second line: how many jobs a matrix has. */
  readonly detail?: string;
  /** Absent where nothing has run. */
  readonly state?: State;
  /** The job whose called workflow it is a job of. */
  readonly group?: string;
}

export interface GraphGroup {
  readonly id: string;
  readonly name: string;
  /** The group in which it stands. */
  readonly group?: string;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly groups: readonly GraphGroup[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** Jobs of one matrix that are drawn one by one; more are one node. */
const MOST_OF_A_MATRIX = 12;

/** @param record a run of the plan @default nothing has run */
export function graphOf(plan: Pick<Plan, 'name' | 'jobs'>, record?: Pick<ProgressRecord, 'jobs'>): Graph {
  const nodes: GraphNode[] = [];
  const groups: GraphGroup[] = [];
  const edges: { from: string; to: string }[] = [];
  addJobs(plan.jobs, undefined);
  return { name: plan.name, nodes, groups, edges };

  /** Gives the nodes at which nothing else begins, and at which nothing else ends. */
  function addJobs(jobs: readonly JobPlan[], caller: string | undefined): Ends {
    const ends = new Map(jobs.map((job) => [job.id, addJob(job, caller)] as const));
    for (const job of jobs) {
      for (const need of job.needs) for (const from of ends.get(need)?.last ?? []) for (const to of ends.get(job.id)!.first) edges.push({ from, to });
    }
    const needed = new Set(jobs.flatMap(({ needs }) => needs));
    return {
      first: jobs.filter(({ needs }) => needs.length === 0).flatMap(({ id }) => ends.get(id)!.first),
      last: jobs.filter(({ id }) => !needed.has(id)).flatMap(({ id }) => ends.get(id)!.last),
    };
  }

  function addJob(job: JobPlan, caller: string | undefined): Ends {
    const records = record?.jobs.filter((one) => one.id === job.id && one.caller === caller) ?? [];
    const group = caller === undefined ? {} : { group: caller };
    if (job.call) return joined(keysOf(job, records, caller).map(({ key, name }) => {
      groups.push({ id: key, name, ...group });
      return addJobs(job.call!.workflow.jobs, key);
    }));
    const made = records.length > MOST_OF_A_MATRIX ? [matrixNode(job, records, caller)] : keysOf(job, records, caller).map(({ key, name, state }): GraphNode => ({
      id: key, name, ...(state === undefined ? {} : { state }), ...(records.length === 0 && job.strategy ? { detail: 'matrix' } : {}),
    }));
    nodes.push(...made.map((node) => ({ ...node, ...group })));
    const ids = made.map(({ id }) => id);
    return { first: ids, last: ids };
  }
}

interface Ends { readonly first: readonly string[]; readonly last: readonly string[] }

function joined(ends: readonly Ends[]): Ends {
  return { first: ends.flatMap(({ first }) => first), last: ends.flatMap(({ last }) => last) };
}

interface Known { readonly key: string; readonly name: string; readonly state?: State }

/** The jobs that a job of the plan has become; itself where nothing has run. */
function keysOf(job: JobPlan, records: readonly JobRecord[], caller: string | undefined): readonly Known[] {
  if (records.length > 0) return records.map((one) => ({ key: one.key, name: ownName(one), state: stateOfThing(one) }));
  return [{ key: caller === undefined ? job.id : `${caller} / ${job.id}`, name: job.name.includes('${{') ? job.id : job.name }];
}

/** Without the names of its callers, which stand at their groups. */
function ownName({ name, caller }: JobRecord): string {
  return caller === undefined ? name : name.slice(name.lastIndexOf(' / ') + 3);
}

function matrixNode(job: JobPlan, records: readonly JobRecord[], caller: string | undefined): GraphNode {
  const counts = new Map<State, number>();
  for (const state of records.map(stateOfThing)) counts.set(state, (counts.get(state) ?? 0) + 1);
  const worst = (['failure', 'waiting', 'in_progress', 'cancelled', 'queued', 'success', 'skipped'] as const).find((state) => counts.has(state))!;
  return {
    id: caller === undefined ? job.id : `${caller} / ${job.id}`, name: job.id, state: worst,
    detail: `${records.length} jobs: ${[...counts].map(([state, number]) => `${number} ${state.replace('_', ' ')}`).join(', ')}`,
  };
}
