/** `fleetwright plan FILE`: what a run of the file would do, before there is one. */
import { previewOf } from '../../language/preview.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { RunFlags } from '../flags.js';
import { planLines } from '../plan/text.js';
import { requestRun } from '../runs/request.js';
import { formatTable } from '../tables.js';
import type { Terminal } from '../terminal.js';
import { builtInActions } from '../textFiles.js';

export interface PlanFlags extends Pick<RunFlags, 'input' | 'inputFile' | 'event' | 'eventPath' | 'var' | 'varFile' | 'job' | 'onFailure' | 'json'> {
  /** Compares with the cluster that is there. @default nothing is asked */
  readonly live?: boolean;
}

/** @throws InvalidFileError for the file or its inputs, UsageError for a flag; with `live` what the provider and the cluster throw */
export async function plan(terminal: Terminal, file: string, flags: PlanFlags): Promise<ExitCode> {
  const requested = await requestRun(terminal, file, flags);
  if ('notTriggered' in requested) {
    terminal.note(requested.notTriggered);
    return EXIT.ok;
  }
  const preview = previewOf(requested.plan, await builtInActions());
  const changes = flags.live ? await (await import('../plan/live.js')).liveChanges(preview) : undefined;
  if (flags.json) terminal.out(JSON.stringify({ ...preview, ...(changes ? { changes } : {}) }, undefined, 2));
  else terminal.out(...planLines(preview), ...(changes === undefined ? [] : ['', `The cluster ${preview.inputs['cluster']} now:`, ...changeLines(changes)]));
  return EXIT.ok;
}

function changeLines(changes: Awaited<ReturnType<typeof import('../plan/live.js').liveChanges>>): string[] {
  if (changes.length === 0) return ['  its servers and units are as the file wants them'];
  return formatTable(changes.map(({ change, thing }) => ({ change, thing }))).slice(1).map((line) => `  ${line}`);
}
