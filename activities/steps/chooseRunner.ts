/** Which runner the labels of `runs-on` select: the worker's own host, or a machine of the cluster. */
import { InvalidInputError } from '../../infra/errors.js';
import { WORKER_RUNNER } from '../runner.js';

/** Labels that the worker's own host carries, whatever it is: GitHub's for self-hosted runners, and those of its hosted ones. */
const OF_WORKER = /^(?:worker|self-hosted|linux|x64|arm64|ubuntu-.*|(?:macos|windows)-.*)$/;

/**
 * @param labels evaluated; each must hold, and case does not matter
 * @param mapped by label in lower case: `worker` or a machine's name (`--runner LABEL=...`)
 * @throws InvalidInputError for labels that name two machines, or none at all
 */
export function chooseRunner(labels: readonly string[], mapped: Readonly<Record<string, string>>): string {
  const targets = labels.map((label) => {
    const folded = label.trim().toLowerCase();
    return Object.hasOwn(mapped, folded) ? mapped[folded]! : OF_WORKER.test(folded) ? WORKER_RUNNER : label.trim();
  });
  if (targets.every((target) => target === '')) throw new InvalidInputError('runs-on is empty', 'Say `worker`, or a machine of the cluster.');
  const machines = [...new Set(targets.filter((target) => target !== WORKER_RUNNER && target !== ''))];
  if (machines.length <= 1) return machines[0] ?? WORKER_RUNNER;
  throw new InvalidInputError(`runs-on: no runner carries all of the labels ${labels.join(', ')}`, 'Name one machine, or map a label with --runner LABEL=worker.');
}
