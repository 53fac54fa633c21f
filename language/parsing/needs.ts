/** The graph of jobs: every need exists, and none waits for itself. */
import { suggest } from '../diagnostics.js';
import type { ReadJob } from './job.js';
import type { Reader } from './reader.js';

/** Ids are compared without case, as on GitHub. */
export function checkNeeds(jobs: readonly ReadJob[], reader: Reader): void {
  const ids = jobs.map(({ definition }) => definition.id as string);
  const known = new Set(ids.map(fold));
  for (const { definition, needs } of jobs) {
    for (const { text, position } of needs) {
      if (fold(text) === fold(definition.id)) reader.problem(position, `job ${text} needs itself`);
      else if (!known.has(fold(text))) reader.problem(position, `job ${definition.id} needs ${JSON.stringify(text)}, and there is no such job`, suggest(text, ids));
    }
  }
  for (const cycle of findCycles(jobs)) {
    const first = jobs.find(({ definition }) => fold(definition.id) === cycle[0])!;
    const at = first.needs.find(({ text }) => fold(text) === cycle[1])!;
    const written = [...cycle, cycle[0]!].map((id) => jobs.find(({ definition }) => fold(definition.id) === id)!.definition.id);
    reader.problem(at.position, `these jobs wait for each other: ${written.join(' needs ')}`);
  }
}

function fold(id: string): string {
  return id.toLowerCase();
}

/** Each cycle once, its ids in lower case, from the job of it that stands first in the file. A job's need of itself is no cycle here. */
function findCycles(jobs: readonly ReadJob[]): readonly (readonly string[])[] {
  const needs = new Map(jobs.map(({ definition: { id, needs } }) => [fold(id), needs.map(fold).filter((need) => need !== fold(id))]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const root of needs.keys()) {
    // Depth first without recursion: a chain of jobs can be as long as the file allows.
    const path: { readonly id: string; next: number }[] = done.has(root) ? [] : [{ id: root, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const need = needs.get(top.id)?.[top.next++];
      if (need === undefined) done.add(path.pop()!.id);
      else if (path.some(({ id }) => id === need)) cycles.push(path.slice(path.findIndex(({ id }) => id === need)).map(({ id }) => id));
      else if (needs.has(need) && !done.has(need)) path.push({ id: need, next: 0 });
    }
  }
  return cycles;
}
