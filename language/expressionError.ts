/** What goes wrong with expressions, in one type. */
import { UnterminatedExpressionError } from './templates.js';

/** An expression that cannot be parsed or evaluated. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /**
   * @param problem what is wrong, without the expression
   * @param expression as written
   * @param offset where in the expression, from 0
   */
  constructor(readonly problem: string, readonly expression: string, readonly offset = 0, readonly suggestion?: string) {
    super(`${problem}${suggestion ? `: ${suggestion}` : ''} (in ${JSON.stringify(expression.trim().slice(0, 200))})`);
  }
}

/** Whatever the engine throws, as an ExpressionError. */
export function toExpressionError(error: unknown, text: string): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof UnterminatedExpressionError) return new ExpressionError(error.message, text, error.offset);
  if (!(error instanceof Error)) return new ExpressionError(String(error), text);
  const { pos } = error as { pos?: { line: number; column: number } };
  const position = pos ? offsetOf(text, pos) : numberIn(error.message);
  const problem = error.message.replace(/\. Located at position[^]*$/, '').replace('ErrorExceededMaxLength', 'it is longer than 21000 characters');
  return new ExpressionError(problem.charAt(0).toLowerCase() + problem.slice(1), text, position);
}

function numberIn(message: string): number {
  const at = /Located at position (\d+)/.exec(message);
  return at ? Number(at[1]) - 1 : 0;
}

/** The offset in the text of a line and column, both from 0. */
export function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  return text.split('\n').slice(0, line).reduce((sum, before) => sum + before.length + 1, 0) + column;
}
