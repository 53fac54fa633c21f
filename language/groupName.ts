/** The name of a concurrency group. */
import { ExpressionError, type Scope, templateText } from './expressions.js';

const LONGEST = 400;

/**
 * Undefined when it is empty: there is no group then. GitHub fails there; but what is never empty on GitHub may be so here, such as `github.ref` in a folder
 * without git.
 * @throws ExpressionError also when it is longer than GitHub takes it
 */
export function groupName(template: string, scope: Scope): string | undefined {
  const name = templateText(template, scope);
  if (name.length > LONGEST) throw new ExpressionError(`the name of the concurrency group has ${name.length} characters, and ${LONGEST} is the most`, template);
  return name || undefined;
}
