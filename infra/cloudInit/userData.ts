/** User-data: what cloud-init makes of a server at its first boot. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import { packagePath } from '../paths.js';

/** What `deployments/cloud-config.yml` needs filled in: `{{ name }}` each. */
export interface CloudConfigValues {
  readonly 'discovery-url': string;
  /** Where the machines reach the cluster's registry, `registry.fleetwright.internal:5000` to them: an IP address. */
  readonly 'registry-address': string;
  /** `core01=http://10.0.0.11:2380,…`: of a cluster that is there, for a machine that takes a lost member's place. @default '' = join by discovery */
  readonly 'initial-cluster'?: string;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
/** Means nothing in YAML's plain and quoted scalars, in JSON's strings, in a shell's words and in a here-document. */
const SAFE_VALUE = /^[\w@%+=:,./~[\]-]*$/;

/**
 * Fills in a template's `{{ placeholders }}`.
 * @throws InvalidInputError for a placeholder without a value, a value without a placeholder, or a value that YAML or a shell could read as more than a word
 */
export function renderUserData(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const missing = new Set<string>();
  const text = template.replace(PLACEHOLDER, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) missing.add(name);
    used.add(name);
    return values[name] ?? whole;
  });
  const unsafe = Object.keys(values).filter((name) => !SAFE_VALUE.test(values[name]!));
  const unknown = Object.keys(values).filter((name) => !used.has(name));
  const problems = [
    ...[...missing].map((name) => `{{ ${name} }} has no value`),
    ...unknown.map((name) => `there is no {{ ${name} }} in it`),
    ...unsafe.map((name) => `the value of {{ ${name} }}, ${JSON.stringify(values[name]!.slice(0, 80))}, holds characters that are not allowed`),
  ];
  if (problems.length > 0) {
    throw new InvalidInputError(`the user-data cannot be filled in: ${problems.join('; ')}`, 'Placeholders and values go one by one; values are letters, digits and @%+=:,./~[]_- only.');
  }
  return text;
}

/** The user-data of a machine, from the file that ships or another. @param path default packagePath('deployments', 'cloud-config.yml') */
export async function cloudConfig(values: CloudConfigValues, path: string = packagePath('deployments', 'cloud-config.yml')): Promise<string> {
  return renderUserData(await readFile(path, 'utf8'), { 'initial-cluster': '', ...values });
}
