/** Checks a value against what an action says of its input. */
import type { ActionInputDefinition } from './actionMetadata.js';
import { suggest, withSuggestion } from './diagnostics.js';
import { coerceInput } from './inputValues.js';
import type { Scalar } from './plan.js';

export interface InputProblem {
  /** A clause for a person: `2 is less than 3: etcd needs three machines`. */
  readonly message: string;
  readonly suggestion?: string;
}

/** What is wrong with the value, if anything. An input that is not required may be empty. */
export function checkInputValue(input: ActionInputDefinition, given: Scalar): InputProblem | undefined {
  const { value, problem } = coerceInput(given, input.type);
  if (problem !== undefined) return { message: problem };
  if (value === '') return input.required ? { message: 'it is required, and it is empty' } : undefined;
  return typeof value === 'number' ? checkNumber(input, value) : typeof value === 'string' ? checkText(input, value) : undefined;
}

function checkNumber(input: ActionInputDefinition, value: number): InputProblem | undefined {
  if (input.minimum !== undefined && value < input.minimum) return because(`${value} is less than ${input.minimum}`, input.minimumHint);
  if (input.maximum !== undefined && value > input.maximum) return because(`${value} is more than ${input.maximum}`, input.maximumHint);
  return input.integer && !Number.isInteger(value) ? { message: `${value} is not a whole number` } : undefined;
}

function checkText(input: ActionInputDefinition, value: string): InputProblem | undefined {
  const shown = JSON.stringify(value.slice(0, 80));
  if (input.options && !input.options.includes(value)) {
    return { message: `${shown} is not one of ${input.options.join(', ')}`, ...withSuggestion(suggest(value, input.options)) };
  }
  if (input.pattern === undefined || new RegExp(`^(?:${input.pattern})$`, 'u').test(value)) return undefined;
  return input.patternHint ? because(`${shown} is not allowed`, input.patternHint) : { message: `${shown} does not match ${input.pattern}` };
}

function because(message: string, hint: string | undefined): InputProblem {
  return { message: hint ? `${message}: ${hint}` : message };
}
