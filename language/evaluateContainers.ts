/** `container:` and `services:` with every expression evaluated, whatever form they have in the file. */
import { evaluateEnv } from './contexts.js';
import { evaluateTemplate, ExpressionError, type Json, type Scope, templateText, valueText } from './expressions.js';
import type { ContainerPlan, Scalar, Template } from './plan.js';
import { hasExpression } from './templates.js';

export interface EvaluatedContainer {
  /** Empty: there is no such container, as on GitHub. */
  readonly image: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly options?: string;
  readonly entrypoint?: string;
  readonly command?: string;
}

/**
 * @param container a mapping, the name of an image, or a template that gives either; nothing is no container
 * @param scope with `secrets`: credentials and `env` may read them
 * @throws ExpressionError
 */
export function evaluateContainer(container: ContainerPlan | Template | undefined, scope: Scope): EvaluatedContainer {
  if (container === undefined) return { image: '', env: {}, ports: [], volumes: [] };
  if (typeof container === 'string') return fromValue(evaluateTemplate(container, scope), container);
  const { credentials } = container;
  return {
    image: templateText(container.image, scope),
    env: evaluateEnv(container.env, scope),
    ports: evaluateList(container.ports, scope),
    volumes: evaluateList(container.volumes, scope),
    ...(credentials ? credentialsOf(typeof credentials === 'string' ? evaluateTemplate(credentials, scope) : evaluatedTexts(credentials, scope)) : {}),
    ...optional(container, (text) => templateText(text, scope)),
  };
}

/** By name. Those without an image are there, with an empty one. @throws ExpressionError */
export function evaluateServices(
  services: Readonly<Record<string, ContainerPlan | Template>> | Template | undefined, scope: Scope,
): Readonly<Record<string, EvaluatedContainer>> {
  if (services === undefined) return {};
  if (typeof services !== 'string') return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, evaluateContainer(service, scope)]));
  const value = evaluateTemplate(services, scope);
  if (value === null || value === '') return {};
  if (!isObject(value)) throw new ExpressionError(`services must be an object, not ${shown(value)}`, services);
  return Object.fromEntries(Object.entries(value).map(([name, service]) => [name, fromValue(service, services)]));
}

/** What an expression gave: GitHub does not evaluate it a second time. */
function fromValue(value: Json, expression: string): EvaluatedContainer {
  if (!isObject(value)) {
    if (Array.isArray(value)) throw new ExpressionError(`a container must be an image or an object, not ${shown(value)}`, expression);
    return { image: valueText(value), env: {}, ports: [], volumes: [] };
  }
  const { image = '', env, ports, volumes, credentials } = value;
  return {
    image: valueText(image),
    env: isObject(env) ? Object.fromEntries(Object.entries(env).map(([name, item]) => [name, valueText(item)])) : {},
    ports: texts(ports),
    volumes: texts(volumes),
    ...credentialsOf(credentials),
    ...optional(value, valueText),
  };
}

function evaluatedTexts({ username, password }: { readonly username: Template; readonly password: Template }, scope: Scope): Json {
  return { username: templateText(username, scope), password: templateText(password, scope) };
}

/** None where an expression gave none. */
function credentialsOf(value: Json | undefined): Pick<EvaluatedContainer, 'credentials'> {
  if (!isObject(value) || Object.keys(value).length === 0) return {};
  return { credentials: { username: valueText(value['username'] ?? ''), password: valueText(value['password'] ?? '') } };
}

function optional<T extends Json>(
  { options, entrypoint, command }: { readonly options?: T; readonly entrypoint?: T; readonly command?: T }, read: (value: T) => string,
): Pick<EvaluatedContainer, 'options' | 'entrypoint' | 'command'> {
  const given = Object.entries({ options, entrypoint, command }).flatMap(([key, value]) => (value === undefined ? [] : [[key, read(value)] as const]));
  return Object.fromEntries(given.filter(([, text]) => text !== ''));
}

/** An item that is one expression may give a whole list. */
function evaluateList(items: readonly Scalar[], scope: Scope): readonly string[] {
  return items.flatMap((item) => (hasExpression(item) ? texts(evaluateTemplate(item, scope)) : [valueText(item)]));
}

function texts(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  return Array.isArray(value) ? (value as readonly Json[]).map(valueText) : [valueText(value)];
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 80);
}
