/** The work of a `run:` step: its script in a shell, in the job's workspace. */
import { posix } from 'node:path';
import type { RunStepPlan, RunDefaults } from '../../language/plan.js';
import { evaluateScript } from '../../language/steps.js';
import { fileEnvironment } from '../../infra/script/environment.js';
import { shellArgv } from '../../infra/script/shell.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import { type EnvironmentParts, stepEnvironment } from './environment.js';
import type { Prepared, StepCall } from './stepExecutor.js';

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
  { prepared, journal, more = {} }: Pick<StepCall, 'prepared'> & { readonly journal: string; readonly more?: Readonly<Record<string, string>> },
): Readonly<Record<string, string>> {
  return { ...stepEnvironment(partsOf(prepared, more)), ...fileEnvironment(journal) };
}

/** @param more goes before the step's own `env` */
export function partsOf({ scope, env }: Prepared, more: Readonly<Record<string, string>> = {}): EnvironmentParts {
  const { github, runner } = scope.contexts as { readonly github: Readonly<Record<string, unknown>>; readonly runner: Readonly<Record<string, unknown>> };
  return { github, runner, env: { ...env, ...more } };
}
