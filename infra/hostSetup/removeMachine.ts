/** Takes a machine back to what it was before it was set up. */
import type { RunId } from '../../language/ids.js';
import { CommandError } from '../errors.js';
import type { Removal } from '../provider.js';
import type { Transport } from '../transport.js';
import { hostScript } from './scripts.js';
import { awaitPhases, forgetPhases, runPhase } from './phase.js';

/** `remove` says with this code that it left something, and what. */
const LEFT = /^left (.*)$/gm;
const REMOVED = /^removed (.*)$/gm;

/** What was removed and what was left, each with the machine's name in front. @throws TransientError when the machine cannot be reached */
export async function removeMachine(machine: Transport, name: string, signal: AbortSignal): Promise<Removal> {
  await awaitPhases(machine, signal);
  const said = (text: string): Removal => ({
    removed: [...text.matchAll(REMOVED)].map(([, what]) => `${name}: ${what}`),
    left: [...text.matchAll(LEFT)].map(([, what]) => `${name}: ${what}`),
  });
  try {
    const output = await runPhase(machine, { name: 'remove', script: await hostScript('remove'), run: `remove/${Date.now()}` as RunId, environment: {}, onProgress: () => undefined, signal });
    await forgetPhases(machine);
    return said(output);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { removed, left } = said(error.stderr);
    return { removed, left: left.length > 0 ? left : [`${name}: ${error.message}`] };
  }
}
