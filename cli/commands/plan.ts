/** `fleetwright plan FILE`: what a run of the file would do, before there is one. */
import type { AddressRule } from '../../infra/providers/addressRules.js';
import { type Preview, previewOf } from '../../language/preview.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { RunFlags } from '../flags.js';
import { planLines } from '../plan/text.js';
import { wantedOf } from '../plan/wanted.js';
import { cleanLine } from '../progress/text.js';
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
  const addresses = await serverAddresses(preview);
  if (flags.json) terminal.out(JSON.stringify({ ...preview, ...(addresses.length > 0 ? { addresses } : {}), ...(changes ? { changes } : {}) }, undefined, 2));
  else terminal.out(...planLines(preview), ...addressLines(addresses), ...(changes === undefined ? [] : ['', `The cluster ${preview.inputs['cluster']} now:`, ...changeLines(changes)]));
  return EXIT.ok;
}

/** Of a file that boots servers. */
async function serverAddresses(preview: Preview): Promise<readonly AddressRule[]> {
  const { machines } = wantedOf(preview);
  if (machines === undefined) return [];
  const settings = Object.fromEntries(Object.entries(preview.inputs).map(([name, value]) => [name, String(value ?? '')]));
  return (await import('../../infra/providers/addressRules.js')).addressRules(settings['provider'] || 'local', settings, machines);
}

function addressLines(addresses: readonly AddressRule[]): string[] {
  return addresses.length === 0 ? [] : ['', 'Addresses of the servers:', ...formatTable(addresses.map(({ server, private: own, public: reached }) => ({ server, private: own, public: reached }))).map((line) => `  ${cleanLine(line, false)}`)];
}

function changeLines(changes: Awaited<ReturnType<typeof import('../plan/live.js').liveChanges>>): string[] {
  if (changes.length === 0) return ['  its servers and units are as the file wants them'];
  return formatTable(changes.map(({ change, thing }) => ({ change, thing }))).slice(1).map((line) => `  ${line}`);
}
