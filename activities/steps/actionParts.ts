/** What an action runs before the job's first step and after its last: steps that the plan does not have, with a record and a log of their own. */
import type { StepAddress } from '../../language/ids.js';
import type { StepRecord } from '../../language/record.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import { postAddress, preAddress } from './actionAddresses.js';
import { actionInputs } from './actionInputs.js';
import { awaited } from './awaited.js';
import { type ActionPart, type ActionProcessParts, dockerProcess, nodeProcess, whyNotThere } from './actionProcess.js';
import type { ActionSource } from './actionSource.js';
import { performBuiltInPost } from './builtInWork.js';
import type { PostEntry } from './entries.js';
import type { Frame } from './frame.js';
import type { StepOutput } from './output.js';
import { performProcess } from './performProcess.js';
import { type PartRecorder, performPart } from './recordedPart.js';
import { type PreStep, stepEnvironment } from './setUp.js';
import { failed, type Performed } from './stepEnd.js';
import type { Prepared } from './stepExecutor.js';

export interface ActionPartsOptions extends ActionProcessParts, PartRecorder {
  readonly actions: ActionSource;
  readonly cancelled: () => boolean;
}

/** A post step runs also when the job is cancelled; only force ends it. */
const ALWAYS = (): boolean => true;

export class ActionParts {
  constructor(private readonly options: ActionPartsOptions) {}

  /** @param frame where the step stands */
  async pre({ step, action, ...at }: PreStep, frame: Frame): Promise<StepRecord> {
    const address = preAddress(at.address) as StepAddress;
    return performPart({ address, name: `Pre ${step.name}`, stage: 'pre' }, this.options, async (output, startedAt) => {
      const resolved = await this.options.actions.get(step.uses);
      const given = await awaited(() => {
        const scope = frame.scope(this.options.cancelled(), action);
        return { inputs: actionInputs(step.with, resolved.action, scope).values, env: stepEnvironment(step, frame, scope) };
      });
      return this.#process(address, { resolved, action, ...given, state: {}, stage: 'pre' }, frame, output, startedAt);
    });
  }

  async post(entry: PostEntry, frame: Frame): Promise<StepRecord> {
    const { entries } = this.options;
    const address = postAddress(entry.address);
    return performPart({ address, name: `Post ${entry.name}`, stage: 'post' }, this.options, (output, startedAt) => {
      const state = entries.stateOf(entry);
      const { resolved } = entry;
      const env = { ...entry.env, ...frame.handedOver };
      if (resolved) return this.#process(address, { ...entry, env, resolved, state, stage: 'post' }, frame, output, startedAt);
      const watch = { startedAt, outlivesCancel: ALWAYS };
      const prepared = this.#prepared(entry.name, { ...entry, env }, frame);
      return performBuiltInPost(builtInAction(entry.uses)!, { address, prepared, frame, watch, output, inputs: entry.inputs, state }, this.options);
    });
  }

  async #process(
    address: string, part: Pick<ActionPart, 'resolved' | 'inputs' | 'state' | 'stage'> & Pick<PostEntry, 'env' | 'action'>, frame: Frame, output: StepOutput, startedAt: number,
  ): Promise<Performed> {
    const { place, processName } = this.options;
    const { runs } = part.resolved.action;
    const whole: ActionPart = { ...part, resolved: await this.options.carry(part.resolved), prepared: this.#prepared(part.resolved.name, part, frame), frame };
    const refused = await whyNotThere(part.resolved, frame, this.options);
    if (refused !== undefined) return failed(refused);
    if (runs.using === 'composite') return failed(`${part.resolved.name} has no ${part.stage} step that can be run`);
    const file = runs.using === 'node' ? { pre: runs.pre, main: runs.main, post: runs.post }[part.stage]! : '';
    const request = runs.using === 'node' ? nodeProcess(whole, file, this.options) : await dockerProcess(whole, runs, this.options);
    return performProcess({ ...request, name: processName(address), watch: { startedAt, outlivesCancel: ALWAYS }, output }, place);
  }

  #prepared(name: string, { env, action }: Pick<PostEntry, 'env' | 'action'>, frame: Frame): Prepared {
    return { kind: 'run', name, scope: frame.scope(this.options.cancelled(), action), env };
  }
}
