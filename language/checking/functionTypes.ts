/** What functions take and give. How many arguments they take is checked when an expression is parsed. */
import { data, type Expr } from '@actions/expressions';
import { parseLooseJson } from '../looseJson.js';
import { describeType, type ExprType, typeOfValue } from './types.js';

interface Signature {
  /** What each argument may be; the last holds for all that follow. Absent: anything. */
  readonly takes?: readonly (readonly Kind[])[];
  readonly gives: ExprType;
}
type Kind = 'scalar' | 'array' | 'object';

const SCALAR: readonly Kind[] = ['scalar'];
const SIGNATURES: Readonly<Record<string, Signature>> = {
  contains: { takes: [['scalar', 'array'], SCALAR], gives: 'boolean' },
  startswith: { takes: [SCALAR, SCALAR], gives: 'boolean' },
  endswith: { takes: [SCALAR, SCALAR], gives: 'boolean' },
  format: { takes: [SCALAR, SCALAR], gives: 'string' },
  join: { takes: [['scalar', 'array'], SCALAR], gives: 'string' },
  tojson: { gives: 'string' },
  fromjson: { takes: [SCALAR], gives: 'any' },
  hashfiles: { takes: [SCALAR], gives: 'string' },
  success: { gives: 'boolean' },
  failure: { gives: 'boolean' },
  always: { gives: 'boolean' },
  cancelled: { gives: 'boolean' },
};

export interface FunctionFinding {
  readonly gives: ExprType;
  /** Clauses for a person, by the argument that each is about. */
  readonly problems: readonly { readonly argument: number; readonly message: string }[];
}

export function checkCall(name: string, args: readonly Expr[], types: readonly ExprType[]): FunctionFinding {
  const { takes, gives } = SIGNATURES[name.toLowerCase()] ?? { gives: 'any' };
  const problems = types.flatMap((type, argument) => {
    const allowed = takes?.[Math.min(argument, takes.length - 1)];
    const kind = kindOf(type);
    if (!allowed || kind === undefined || allowed.includes(kind)) return [];
    return [{ argument, message: `${name} takes ${allowed.includes('array') ? 'a text or a list' : 'a text'} as its ${ordinal(argument)} argument, not ${describeType(type)}` }];
  });
  if (name.toLowerCase() === 'format') return { gives, problems: [...problems, ...checkFormat(args)] };
  if (name.toLowerCase() !== 'fromjson') return { gives, problems };
  const json = checkJson(args);
  return { gives: json.gives, problems: [...problems, ...json.problems] };
}

/** A text that is written out must be JSON, and gives what it says. */
function checkJson([first]: readonly Expr[]): FunctionFinding {
  const { literal } = (first ?? {}) as { readonly literal?: unknown };
  if (!(literal instanceof data.StringData)) return { gives: 'any', problems: [] };
  try {
    return { gives: typeOfValue(parseLooseJson(literal.value)), problems: [] };
  } catch (error) {
    return { gives: 'any', problems: [{ argument: 0, message: `this is not JSON: ${error instanceof Error ? error.message : String(error)}` }] };
  }
}

function kindOf(type: ExprType): Kind | undefined {
  if (type === 'any') return undefined;
  return typeof type === 'object' ? type.kind : 'scalar';
}

/** The places `{0}` of a text that is written out. */
function checkFormat(args: readonly Expr[]): FunctionFinding['problems'] {
  const [first] = args as readonly { readonly literal?: unknown }[];
  if (!(first?.literal instanceof data.StringData)) return [];
  const places = [...first.literal.value.replaceAll('{{', '').replaceAll('}}', '').matchAll(/\{(\d+)\}/g)].map(([, number]) => Number(number));
  const given = args.length - 1;
  const missing = places.find((place) => place >= given);
  if (missing !== undefined) return [{ argument: 0, message: `format has {${missing}} and no argument for it` }];
  const unused = Array.from({ length: given }, (_, i) => i).find((i) => !places.includes(i));
  return unused === undefined ? [] : [{ argument: unused + 1, message: `format has no {${unused}} for its ${ordinal(unused + 1)} argument` }];
}

function ordinal(index: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][index] ?? `${index + 1}th`;
}
