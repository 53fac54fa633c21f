/** What `fleetwright run` was asked for: its flags, checked, and the file's plan with them. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gatherFacts, type GatheredFacts } from '../../infra/git/facts.js';
import type { RunSecrets } from '../../infra/secrets/runSecrets.js';
import { workflowReader } from '../../infra/workflowFiles.js';
import type { Definition } from '../../language/definition.js';
import { formatDiagnostic, suggest } from '../../language/diagnostics.js';
import { parseWorkflowFile } from '../../language/parse.js';
import type { Plan } from '../../language/plan.js';
import { planText } from '../../language/planText.js';
import { defaultEvent } from '../../language/triggers.js';
import { InvalidFileError, UsageError } from '../errors.js';
import type { RunFlags } from '../flags.js';
import type { Terminal } from '../terminal.js';
import { builtInActions, readText, shownPath } from '../textFiles.js';
import { checkWaits, failureOptions } from '../values/failure.js';
import { asUsage, readAssignments } from '../values/assignments.js';
import { readRunners } from '../values/runners.js';
import { readSecrets } from '../values/secrets.js';
import { workerIsElsewhere } from '../worker.js';

export interface RequestedRun {
  readonly plan: Plan;
  readonly facts: GatheredFacts;
  readonly secrets: RunSecrets;
  /** As given, by name: the worker makes the same plan of them. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** The file's filters do not take the event: on GitHub nothing would run. */
export interface NotTriggered { readonly notTriggered: string }

/** @throws UsageError for a flag, InvalidFileError for the file or its inputs */
export async function requestRun(terminal: Terminal, file: string, flags: RunFlags): Promise<RequestedRun | NotTriggered> {
  const text = await readText(file);
  const values = await readValues(terminal, flags);
  const { definition, diagnostics } = parseWorkflowFile(text, shownPath(file));
  if (definition === undefined) throw new InvalidFileError(diagnostics.map(formatDiagnostic).join('\n'));
  checkAgainst(definition, flags);
  const facts = await gatherFacts({
    ...values, file, event: flags.event ?? defaultEvent(definition),
    ...(flags.eventPath === undefined ? {} : { eventPath: flags.eventPath }), ...(flags.actor === undefined ? {} : { actor: flags.actor }),
    ...(flags.workspace === undefined ? {} : { workspace: flags.workspace }),
  }).catch((error: unknown) => { throw asUsage(flags.eventPath === undefined ? '--event' : '--event-path', error); });
  const planned = await planText(text, shownPath(file), {
    inputs: values.inputs, facts, actions: await builtInActions(), readWorkflow: workflowReader({ file, repository: facts.repository }),
    honourTriggers: flags.event !== undefined || flags.eventPath !== undefined,
    ...failureOptions(flags), ...(flags.job === undefined ? {} : { job: flags.job }),
    ...(workerIsElsewhere() ? {} : { look: async (format, value) => (await import('../../infra/host/values.js')).problemsOfValue(format, value) }), // the files that inputs name are on the worker's host
  });
  if (planned.notTriggered !== undefined) return { notTriggered: planned.notTriggered };
  if (planned.plan === undefined) throw new InvalidFileError(planned.diagnostics.map(formatDiagnostic).join('\n'));
  checkWaits(planned.plan, flags);
  const secrets = { ...values.secrets, ...(facts.repository === undefined ? {} : { repository: facts.repository }) };
  return { plan: planned.plan, facts, secrets, inputs: values.inputs };
}

async function readValues(terminal: Terminal, flags: RunFlags) {
  if (flags.actor === '') throw new UsageError('--actor is empty: name a person');
  if (flags.workspace !== undefined && !workerIsElsewhere()) await checkFolder(flags.workspace);
  const [inputs, vars, env] = await Promise.all([
    readAssignments({ flag: '-i', fileFlag: '--input-file', given: flags.input, files: flags.inputFile }),
    readAssignments({ flag: '--var', fileFlag: '--var-file', given: flags.var, files: flags.varFile }),
    readAssignments({ flag: '--env', fileFlag: '--env-file', given: flags.env, files: flags.envFile }),
  ]);
  const runners = readRunners(flags.runner);
  const secrets = await readSecrets(flags, terminal);
  if (workerIsElsewhere() && Object.keys(secrets.given).length > 0) {
    throw new UsageError("the worker is on another host (FLEETWRIGHT_WORKER=elsewhere), and secrets do not leave this one\n  Set them there: in fleetwright.yml, or as FLEETWRIGHT_SECRET_NAME in the worker's environment.");
  }
  return { inputs, vars, env, runners, secrets };
}

async function checkFolder(path: string): Promise<void> {
  const found = await stat(resolve(path)).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new UsageError(`--workspace ${path} is ${found === undefined ? 'not there' : 'no folder'}`);
}

/** What only the file can say of a flag. @throws UsageError */
function checkAgainst({ jobs, triggers, file }: Definition, { job, event }: RunFlags): void {
  const ids = jobs.map(({ id }) => id as string);
  if (job !== undefined && !ids.some((id) => id.toLowerCase() === job.toLowerCase())) {
    const near = suggest(job, ids);
    throw new UsageError(`--job ${JSON.stringify(job)}: ${file} has ${ids.join(', ')}${near === undefined ? '' : `; ${near}`}`);
  }
  const events = triggers.map((trigger) => trigger.event);
  if (event !== undefined && !events.includes(event)) {
    const near = suggest(event, events);
    throw new UsageError(`--event ${event}: "on" of ${file} has ${events.join(', ')}${near === undefined ? '' : `; ${near}`}`);
  }
}
