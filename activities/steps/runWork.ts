/** The work of a `run:` step: its script in a shell, in the job's workspace. */
import { posix } from 'node:path';
import type { RunStepPlan, RunDefaults } from '../../language/plan.js';
import { evaluateScript } from '../../language/steps.js';
import { shellArgv } from '../../infra/script/shell.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import { processEnvironment } from './environment.js';
import type { StepCall } from './stepExecutor.js';

/** The step's process, as a function of its journal. @throws ExpressionError, InvalidInputError */
export function runProcessOf({ step, prepared, frame }: StepCall<RunStepPlan>, defaults: RunDefaults, host: StepHost): (name: string, journal: string) => StepProcess {
  const { script, shell, workingDirectory } = evaluateScript(step, frame.composite ? {} : defaults, prepared.scope);
  return (name, journal) => ({
    name,
    script: `${script}\n`,
    argv: shellArgv(shell, posix.join(journal, 'script')),
    environment: environmentOf({ prepared, journal }),
    path: frame.searched,
    workingDirectory: posix.resolve(host.job.workspace, workingDirectory ?? ''),
  });
}

/** Of any process of a step. */
export function environmentOf(
  { prepared: { scope, env }, journal, more = {} }: Pick<StepCall, 'prepared'> & { readonly journal: string; readonly more?: Readonly<Record<string, string>> },
): Readonly<Record<string, string>> {
  const { github, runner } = scope.contexts as { readonly github: Readonly<Record<string, unknown>>; readonly runner: Readonly<Record<string, unknown>> };
  return processEnvironment({ github, runner, journal, env: { ...env, ...more } });
}
