/** Which undos of a closed run are to be done. Pure. */
import type { ProgressRecord, UndoRecord } from './record.js';
import { RestartError } from './restart.js';

/**
 * Those that are not done yet, in the order of their registration: all, or the one of the step `to` and all after it.
 * @param to a step's address, with the job's key where jobs of a matrix share it
 * @throws RestartError when there is nothing to undo, or no such step
 */
export function undosFrom({ undos, jobs, run }: Pick<ProgressRecord, 'undos' | 'jobs' | 'run'>, to?: string): readonly UndoRecord[] {
  if (undos.length === 0) throw new RestartError(`no step of ${run} registered an undo: there is nothing to undo`);
  const open = undos.filter(({ conclusion }) => conclusion !== 'success');
  if (open.length === 0) throw new RestartError(`${run} was undone already`);
  if (to === undefined) return open;
  const named = undos.filter((undo) => undo.address === to || nameOf(undo) === to);
  const [first, second] = named;
  if (second) throw new RestartError(`more than one job has the step ${to}: name ${named.map(nameOf).join(' or ')}`);
  if (first?.conclusion === 'success') throw new RestartError(`${to} was undone already`);
  if (first) return open.slice(open.indexOf(first));
  throw new RestartError(`the step ${JSON.stringify(to.slice(0, 80))} of ${run} registered no undo: ${open.map(nameOf).join(', ')} did`);

  function nameOf({ job, address }: UndoRecord): string {
    const id = jobs.find(({ key }) => key === job)?.id ?? job;
    return `${job}${address.slice(id.length)}`;
  }
}

/** Whether nothing of what it made is there: nobody can go on with it, and there is nothing to undo. */
export function isGone({ undone, undos }: Pick<ProgressRecord, 'undone' | 'undos'>): boolean {
  return undone && undos.every(({ conclusion }) => conclusion === 'success');
}
