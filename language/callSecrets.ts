/**
 * The secrets of a called workflow: what its caller hands down. Names and templates travel with the run; values are looked up where a
 * step runs.
 */
import { contextsOf, evaluateTemplate, type Scope, valueText } from './expressions.js';
import type { CallPlan } from './plan.js';
import { INSERT } from './insert.js';

/** One call: `inherit`, or templates by the called workflow's names, with the contexts that they name, but for `secrets`. */
export type CallSecrets = 'inherit' | {
  readonly templates: Readonly<Record<string, string>>;
  readonly contexts: Readonly<Record<string, unknown>>;
};

/** @param scope the calling job's (`jobScope`) */
export function callSecrets(secrets: CallPlan['secrets'], { contexts }: Scope): CallSecrets {
  if (secrets === 'inherit') return secrets;
  const named = new Set(Object.entries(secrets).flatMap(([name, template]) => [...contextsOf(name), ...contextsOf(template)]));
  return { templates: secrets, contexts: Object.fromEntries(Object.entries(contexts).filter(([name]) => named.has(name))) };
}

/** On GitHub every workflow has it, whatever its caller hands down. */
const ALWAYS = 'GITHUB_TOKEN';

/**
 * What `secrets` holds in a job.
 * @param all the run's, by name
 * @param calls those that lead to the job, the run's own first (`RunFacts.secrets`)
 * @returns by name in upper case
 * @throws ExpressionError
 */
export function secretsOfCalls(all: Readonly<Record<string, string>>, calls: readonly CallSecrets[]): Readonly<Record<string, string>> {
  return calls.reduce((secrets, call) => (call === 'inherit' ? secrets : { ...token(secrets), ...handedDown(call, secrets) }), all);
}

function token(secrets: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return secrets[ALWAYS] === undefined ? {} : { [ALWAYS]: secrets[ALWAYS] };
}

function handedDown({ templates, contexts }: Exclude<CallSecrets, 'inherit'>, secrets: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const scope = { contexts, secrets };
  return Object.fromEntries(Object.entries(templates).flatMap(([name, template]) => {
    const value = evaluateTemplate(template, scope);
    const members = name === INSERT && typeof value === 'object' && value !== null ? Object.entries(value) : [[name, value] as const];
    return members.map(([member, text]) => [member.toUpperCase(), valueText(text)]);
  }));
}
