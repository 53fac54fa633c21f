/**
 * Which expressions only the host on which a job runs can evaluate. The workflow asks before it evaluates: what reads a secret must not
 * be evaluated where its value would come into the history.
 */
import { ExpressionError, parseExpression, type ParsedExpression } from './expressions.js';
import { conditionText, splitTemplate, UnterminatedExpressionError } from './templates.js';

/** Keys of `github` that depend on the host, the step, or are secret. */
const HOST_KEYS = new Set(['token', 'workspace', 'env', 'path', 'event_path', 'action', 'action_path', 'action_ref', 'action_repository', 'action_status', 'output', 'step_summary', 'state']);
const HOST_CONTEXTS = ['secrets', 'runner', 'job'];

/**
 * Whether a template reads `secrets` (or `github.token`, which is one). Lists and objects are looked through.
 * What cannot be parsed reads nothing: its evaluation says what is wrong.
 */
export function readsSecrets(template: unknown): boolean {
  return someExpression(template, ({ contexts, text }) => contexts.includes('secrets') || (contexts.includes('github') && githubKeys(text).some((key) => key === undefined || key === 'token')));
}

/** Whether a template needs its host: secrets, hashFiles, `runner`, `job`, and keys of `github` such as `workspace`. */
export function readsHostFacts(template: unknown): boolean {
  return someExpression(template, needsHost);
}

/** The same of an `if`, which needs no braces. */
export function conditionReadsHostFacts(condition: string | undefined): boolean {
  return condition !== undefined && condition !== '' && ask(() => needsHost(parseExpression(conditionText(condition))));
}

function needsHost({ contexts, functions, text }: ParsedExpression): boolean {
  if (functions.includes('hashfiles') || contexts.some((name) => HOST_CONTEXTS.includes(name))) return true;
  return contexts.includes('github') && githubKeys(text).some((key) => key === undefined || HOST_KEYS.has(key));
}

/** The keys that are read of `github`, in lower case; undefined where it is read as a whole, or by a key that is not written out. */
function githubKeys(text: string): readonly (string | undefined)[] {
  const bare = text.replaceAll(/'(?:[^']|'')*'/g, (quoted, at: number) => (/\[\s*$/.test(text.slice(0, at)) ? quoted : "''"));
  return [...bare.matchAll(/(?<![\w.-])github\b(?!-)(?:\s*\.\s*([A-Za-z_][\w-]*)|\s*\[\s*'([^']*)'\s*\])?/gi)].map(([, dotted, quoted]) => (dotted ?? quoted)?.toLowerCase());
}

function someExpression(value: unknown, test: (expression: ParsedExpression) => boolean): boolean {
  if (typeof value === 'string') {
    if (!value.includes('${{')) return false;
    return ask(() => splitTemplate(value).some((part) => part.kind === 'expression' && test(parseExpression(part.text))));
  }
  return typeof value === 'object' && value !== null && Object.values(value).some((item) => someExpression(item, test));
}

function ask(question: () => boolean): boolean {
  try {
    return question();
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof UnterminatedExpressionError) return false;
    throw error;
  }
}
