/** Texts that others write and that are put into a script: they can hold code. */
import type { ParsedExpression } from '../expressions.js';

/** What people outside of a repository, or who starts a run, can choose. */
const CHOSEN = /^(?:inputs\.[\w-]+|github\.event\.(?!action$|number$|repository\b|sender\.id$)[\w.*-]+|github\.head_ref)$/i;

/** A warning for a `run`, with the form that is safe; undefined where nothing is to be said. @param harmless names of inputs, in lower case, that cannot hold a text */
export function scriptWarning({ text }: ParsedExpression, harmless: ReadonlySet<string>): string | undefined {
  const path = text.trim().replaceAll(/\[\s*'([\w-]+)'\s*\]/g, '.$1');
  if (!CHOSEN.test(path) || harmless.has(path.replace(/^inputs\./i, '').toLowerCase())) return undefined;
  const name = path.replace(/^.*\.(?=[\w-]+$)/, '').replaceAll(/[^\w]/g, '_').toUpperCase();
  return `\${{ ${text.trim()} }} becomes a part of the script, so whoever chooses its value chooses what runs: hand it over by "env: {${name}: \${{ ${text.trim()} }}}" and write "$${name}"`;
}
