/**
 * All that can be said of a workflow file before it runs: more than what keeps it from running. On GitHub a member that does not exist is
 * nothing, and no error; here it is one, because it is a slip.
 */
import { type CalledWorkflows, loadCalls, type ReadWorkflow } from './calls.js';
import { type ContextTypes, contextTypesOf } from './checking/contextTypes.js';
import { checkTypes } from './checking/inferType.js';
import { scriptWarning } from './checking/scripts.js';
import { type ReadAction, readActions } from './checking/usesActions.js';
import type { Definition } from './definition.js';
import { type Diagnostic, sortDiagnostics, withSuggestion } from './diagnostics.js';
import { parseWorkflowFile } from './parse.js';
import type { ExpressionUse } from './parsing/reader.js';

export interface CheckedWorkflow {
  /** Absent when the file cannot be run. */
  readonly definition?: Definition;
  readonly calls: CalledWorkflows;
  /** Errors and warnings, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param read finds the workflows that jobs call; one whose repository cannot be reached is a warning, and is not among the calls
 * @param readAction finds the actions of others that steps use. @default nothing is said of them
 */
export async function checkWorkflow(text: string, file: string, read?: ReadWorkflow, readAction?: ReadAction): Promise<CheckedWorkflow> {
  const { definition, draft, diagnostics, expressions, tolerated } = parseWorkflowFile(text, file);
  const harmless = new Set(draft?.inputs.filter(({ type }) => type === 'number' || type === 'boolean').map(({ name }) => name.toLowerCase()));
  const warnings = expressions.flatMap((use) => warn(use, file, harmless));
  if (!draft) return { calls: new Map(), diagnostics: sortDiagnostics([...diagnostics, ...tolerated, ...warnings]) };
  const { calls, diagnostics: ofCalls, tolerated: inCalls } = await loadCalls(draft, read, 'warning');
  const { actions, diagnostics: ofActions } = await readActions(draft, readAction);
  const typesAt = contextTypesOf(draft, calls, actions);
  const ofTypes = expressions.flatMap((use) => typeDiagnostics(use, typesAt(use.place), file));
  return { ...(definition ? { definition } : {}), calls, diagnostics: sortDiagnostics([...diagnostics, ...tolerated, ...ofCalls, ...inCalls, ...ofActions, ...ofTypes, ...warnings]) };
}

function typeDiagnostics({ expression, at, ...use }: ExpressionUse, types: ContextTypes, file: string): readonly Diagnostic[] {
  return checkTypes(expression, types, use).map(({ message, suggestion, offset }): Diagnostic => {
    const { line, column } = at(offset);
    return { file, line, column, message: `expression: ${message}`, ...withSuggestion(suggestion) };
  });
}

/** @param harmless inputs, in lower case, that cannot hold a text */
function warn({ expression, place, at }: ExpressionUse, file: string, harmless: ReadonlySet<string>): readonly Diagnostic[] {
  const message = place.script ? scriptWarning(expression, harmless) : undefined;
  if (message === undefined) return [];
  const { line, column } = at(expression.text.length - expression.text.trimStart().length);
  return [{ file, line, column, message, severity: 'warning' }];
}
