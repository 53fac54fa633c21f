/** `concurrency` of a run or a job, evaluated. */
import { evaluateBoolean, ExpressionError, type Scope, templateText } from './expressions.js';
import type { ConcurrencyPlan } from './plan.js';

const LONGEST = 400;

export interface EvaluatedConcurrency {
  readonly group: string;
  readonly cancelInProgress: boolean;
  readonly queue: 'single' | 'max';
}

/**
 * Undefined when the group's name is empty: there is none then. GitHub fails there; but what is never empty on GitHub may be so here, such as `github.ref`
 * in a folder without git.
 * @throws ExpressionError also for a name that is longer than GitHub takes it
 */
export function evaluateConcurrency({ group: template, cancelInProgress, queue }: ConcurrencyPlan, scope: Scope): EvaluatedConcurrency | undefined {
  const group = templateText(template, scope);
  if (group === '') return undefined;
  if (group.length > LONGEST) throw new ExpressionError(`the name of the concurrency group has ${group.length} characters, and ${LONGEST} is the most`, template);
  return { group, cancelInProgress: evaluateBoolean(cancelInProgress, scope), queue: queueOf(queue, scope) };
}

function queueOf(template: string, scope: Scope): EvaluatedConcurrency['queue'] {
  const queue = templateText(template, scope);
  if (queue === 'single' || queue === 'max') return queue;
  throw new ExpressionError(`"queue" must be single or max, not ${JSON.stringify(queue)}`, template);
}
