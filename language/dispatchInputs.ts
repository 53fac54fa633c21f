/** The inputs of a run: what was given, checked against what the file declares, with its defaults filled in. */
import type { Definition, DispatchInput } from './definition.js';
import { type Diagnostic, type Position, suggest, withSuggestion } from './diagnostics.js';
import { coerceInput } from './inputValues.js';
import { scalarText } from './numberText.js';
import type { Scalar, Values } from './plan.js';

export interface ResolvedInputs {
  readonly values: Values;
  /** Names of the inputs that have a problem: nothing can be said of what depends on them. */
  readonly invalid: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param given from the CLI (`{"web": "12"}`), JSON (`{"web": 12}`), or nothing (undefined, null); null as a value counts as not
 *   given. Names are compared without case, as on GitHub.
 * @param options.defaults whether inputs that are not given have a value, and are missed where they are required @default true
 */
export function resolveInputs(
  { file, inputs }: Pick<Definition, 'file' | 'inputs'>, given: unknown, { defaults = true }: { readonly defaults?: boolean } = {},
): ResolvedInputs {
  const diagnostics: Diagnostic[] = [];
  const invalid = new Set<string>();
  const problem = (at: Position, message: string, suggestion?: string) =>
    void diagnostics.push({ file, line: at.line, column: at.column, message, ...withSuggestion(suggestion) });
  if (given !== undefined && given !== null && (typeof given !== 'object' || Array.isArray(given))) {
    problem({ line: 1, column: 1 }, `the inputs must be an object such as {"name": "value"}, not ${JSON.stringify(given)?.slice(0, 80)}`);
    return { values: {}, invalid: new Set(inputs.map(({ name }) => name)), diagnostics };
  }
  const wanted = new Map(Object.entries(given ?? {}).map(([name, value]) => [name.toLowerCase(), { name, value: value as unknown }]));
  for (const { name } of wanted.values()) {
    if (inputs.some((input) => input.name.toLowerCase() === name.toLowerCase())) continue;
    const names = inputs.map((input) => input.name);
    problem({ line: 1, column: 1 }, `unknown input ${JSON.stringify(name)}: ${names.length > 0 ? `there are ${names.join(', ')}` : 'the file has none'}`, suggest(name, names));
  }
  const values = inputs.flatMap((input): [string, Scalar][] => {
    const value = wanted.get(input.name.toLowerCase())?.value;
    if (!defaults && (value === undefined || value === null)) return [];
    const resolved = resolveInput(input, value);
    if (resolved.problem === undefined) return [[input.name, resolved.value]];
    invalid.add(input.name);
    problem(input.position, `input ${input.name}: ${resolved.problem}`, resolved.suggestion);
    return [];
  });
  return { values: Object.fromEntries(values), invalid, diagnostics };
}

type Resolved =
  | { readonly value: Scalar; readonly problem?: undefined }
  | { readonly problem: string; readonly suggestion?: string };

function resolveInput(input: DispatchInput, given: unknown): Resolved {
  const value = given ?? input.default;
  if (value === undefined || (input.required && value === '')) {
    if (input.required) return { problem: `it is required${input.description ? ` (${input.description})` : ''}` };
    return { value: emptyValue(input) };
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return { problem: `${JSON.stringify(value)?.slice(0, 80)} is no text, number or boolean` };
  }
  if (input.type === 'environment') return { value: scalarText(value) };
  if (input.type !== 'choice') return coerceInput(value, input.type);
  const options = input.options ?? [];
  if (options.includes(String(value))) return { value: String(value) };
  const shown = JSON.stringify(value).slice(0, 80);
  return { problem: `${shown} is not one of ${options.join(', ')}`, ...withSuggestion(suggest(String(value), options)) };
}

/** What an input is that nobody gave and that has no default: the first option of a choice, as GitHub's form has it. */
function emptyValue({ type, options }: DispatchInput): Scalar {
  return { string: '', number: 0, boolean: false, choice: options?.[0] ?? '', environment: '' }[type];
}
