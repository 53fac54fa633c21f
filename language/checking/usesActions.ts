/** What steps give the actions that are known before a run (those of the repository, and those that are built in), and what these give the steps. */
import type { Definition, UsesStepDefinition } from '../definition.js';
import { type Diagnostic, type Position, suggest, withSuggestion } from '../diagnostics.js';
import { INSERT } from '../insert.js';
import { hasExpression } from '../templates.js';
import type { UsesAction } from '../usesAction.js';
import { exactly, type ExprType, mapOf } from './types.js';

/** An action by `uses`; a clause that says why it cannot be run; undefined for one that is not known before the run. */
export type ReadAction = (uses: string) => Promise<UsesAction | { readonly problem: string } | undefined>;

/** By `uses` as written. */
export type KnownActions = ReadonlyMap<string, UsesAction>;

export interface ReadActions {
  readonly actions: KnownActions;
  readonly diagnostics: readonly Diagnostic[];
}

/** Looks each action up once, and what is given to it. */
export async function readActions({ file, jobs }: Definition, read: ReadAction | undefined): Promise<ReadActions> {
  const steps = jobs.flatMap((job) => job.steps.filter((step): step is UsesStepDefinition => step.kind === 'uses'));
  const found = new Map<string, Awaited<ReturnType<ReadAction>>>();
  if (read) for (const { uses } of steps) if (!found.has(uses)) found.set(uses, await read(uses));
  const diagnostics = steps.flatMap((step): Diagnostic[] => {
    const action = found.get(step.uses);
    if (action === undefined) return [];
    if ('problem' in action) return [{ file, ...step.usesPosition, message: action.problem }];
    return checkGiven(step, action).map(({ at, ...rest }) => ({ file, line: at.line, column: at.column, ...rest }));
  });
  return { actions: new Map([...found].flatMap(([uses, action]) => (action && !('problem' in action) ? [[uses, action] as const] : []))), diagnostics };
}

type Given = Omit<Diagnostic, 'file' | 'line' | 'column'> & { readonly at: Position };

/** Warnings: GitHub runs a step whose input is not declared, or missing, all the same. */
function checkGiven({ uses, with: given, usesPosition, withPositions }: UsesStepDefinition, { inputs, runs }: UsesAction): readonly Given[] {
  const names = Object.keys(given);
  if (names.some((name) => name === INSERT || hasExpression(name))) return [];
  const declared = Object.keys(inputs);
  const ofDocker = runs.using === 'docker' ? ['args', 'entrypoint'] : [];
  const has = (among: readonly string[], name: string): boolean => among.some((one) => one.toLowerCase() === name.toLowerCase());
  const unknown = names.filter((name) => !has([...declared, ...ofDocker], name)).map((name): Given => ({
    at: withPositions.get(name)?.key ?? usesPosition,
    message: `${uses} has no input ${JSON.stringify(name)}${declared.length > 0 ? `: there are ${declared.join(', ')}` : ''}`,
    ...withSuggestion(suggest(name, declared)),
    severity: 'warning',
  }));
  const missing = Object.entries(inputs).filter(([name, { required, default: fallback }]) => required && fallback === undefined && !has(names, name));
  return [...unknown, ...missing.map(([name]): Given => ({ at: usesPosition, message: `${uses} needs the input "${name}"`, severity: 'warning' }))];
}

/** What `steps.<id>.outputs` holds: a composite action gives what it declares, another kind whatever it likes. */
export function outputsType(action: UsesAction | undefined): ExprType {
  if (action?.runs.using !== 'composite') return mapOf('string');
  return exactly(Object.fromEntries(Object.keys(action.outputs).map((name) => [name, 'string'])));
}
