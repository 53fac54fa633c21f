/** The outputs of a job's steps on their way to the log store: what the job's steps share of them, and each step's own. */
import { readFileSync } from 'node:fs';
import type { RunId, StepAddress } from '../../language/ids.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { Masker } from '../../infra/log/masker.js';
import { ProblemMatchers } from '../../infra/log/matchers.js';
import type { LogStore } from '../../infra/log/store.js';
import type { JobEntries } from './entries.js';
import { LogOutput } from './logOutput.js';
import type { StepOutput } from './output.js';
import type { JobSecrets } from './secrets.js';

export interface JobOutputsOptions {
  readonly run: RunId;
  /** The job's key. */
  readonly job: string;
  readonly workspace: string;
  readonly secrets: JobSecrets;
  readonly entries: JobEntries;
}

export interface JobOutputs {
  /** Hides the job's secrets, and what its steps want hidden. */
  readonly masker: Masker;
  /** @param env the step's: it may allow commands that are refused otherwise @default none */
  open(step: StepAddress, env?: Readonly<Record<string, string>>): StepOutput;
  /** An output that is opened when something is said. */
  lazy(step: StepAddress): Pick<StepOutput, 'note' | 'close'>;
}

export function openJobOutputs({ run, job, workspace, secrets, entries }: JobOutputsOptions, store: LogStore = fileLogStore()): JobOutputs {
  const masker = new Masker();
  for (const secret of [...Object.values(secrets.values), ...entries.masks]) masker.add(secret);
  const matchers = new ProblemMatchers(entries.matchers);
  let known = matchers.configs;
  const { values } = secrets;
  const options = {
    masker, matchers, workspace, debug: isTrue(values['ACTIONS_STEP_DEBUG']), readFile: (path: string) => readFileSync(path),
    onMask: (secret: string): void => entries.add({ kind: 'mask', secret }),
    onFinish: (): void => {
      if (matchers.configs !== known) entries.add({ kind: 'matchers', matchers: known = matchers.configs });
    },
  };
  const open = (step: StepAddress, env: Readonly<Record<string, string>> = {}): StepOutput => {
    const id = { run, job, step };
    const allowed = {
      allowUnsecureCommands: isTrue(env['ACTIONS_ALLOW_UNSECURE_COMMANDS']), allowUnsecureStopTokens: isTrue(env['ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS']),
    };
    return new LogOutput(store.open(id, masker), { size: () => store.size(id), annotations: () => store.annotations(run).filter((one) => one.job === job && one.step === step).length }, { ...options, ...allowed });
  };
  return {
    masker, open,
    lazy: (step) => {
      let output: StepOutput | undefined;
      return { note: (line) => (output ??= open(step)).note(line), close: () => output?.close() };
    },
  };
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true' || text === '1';
}
