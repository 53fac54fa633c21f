/**
 * The settings file, `fleetwright.yml`: where secrets come from, and who lets jobs through the gates of environments. Beside the repository's root, and in the user's config folder.
 * `docs/settings.schema.json` says the same for editors.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { InvalidInputError, PermanentError } from '../errors.js';
import { addEnvironment, type EnvironmentSettings } from './environments.js';
import { NAME_RULE, secretName } from './names.js';
import { entries, type Entry, isEmpty, type Report, textOf } from './yamlEntries.js';

/** Where one secret comes from. */
export type SecretSource =
  | { readonly kind: 'env'; readonly variable: string }
  /** As written: relative to the settings file's folder, `~/` is the home folder. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

export interface Settings {
  readonly file: string;
  /** By upper-case names. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** The gates of environments, by their names in lower case. */
  readonly environments: ReadonlyMap<string, EnvironmentSettings>;
}

const NAME = 'fleetwright.yml';
const MOST_BYTES = 500 * 1024;

/** The settings files that are there; what an earlier one says goes before. @throws InvalidInputError with file:line:column */
export function readSettings(repository?: string): readonly Settings[] {
  const config = join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'fleetwright');
  return [...(repository === undefined ? [] : [join(repository, NAME)]), join(config, NAME)]
    .filter((path, at, all) => all.indexOf(path) === at && existsSync(path))
    .map((path) => parseSettings(read(path), path));
}

/** @throws InvalidInputError that names every problem as file:line:column */
export function parseSettings(text: string, file: string): Settings {
  const problems: string[] = [];
  const counter = new LineCounter();
  const report = (offset: number | undefined, message: string): undefined => {
    const { line, col } = counter.linePos(offset ?? 0);
    problems.push(`${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`);
  };
  if (text.length > MOST_BYTES) throw new InvalidInputError(`${file} is larger than 500 KB`, 'It holds where secrets come from, not the secrets.');
  const document = parseDocument(text, { lineCounter: counter, merge: false });
  for (const error of document.errors) report(error.pos[0], error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '');
  const root = problems.length > 0 ? NOTHING : readRoot(document.contents, report);
  if (problems.length > 0) throw new InvalidInputError(problems.join('\n'), 'docs/security.md says what may stand there.');
  return { file, ...root };
}

const NOTHING: Pick<Settings, 'secrets' | 'environments'> = { secrets: new Map(), environments: new Map() };


function readRoot(root: Node | null, report: Report): Pick<Settings, 'secrets' | 'environments'> {
  const found = new Map<string, SecretSource>();
  const environments = new Map<string, EnvironmentSettings>();
  if (root === null || (isScalar(root) && root.value === null)) return NOTHING;
  for (const { name, at, value } of entries(root, 'the file', report)) {
    if (name === 'environments') {
      if (!isEmpty(value)) for (const one of entries(value, '"environments"', report)) addEnvironment(environments, one, report);
    } else if (name !== 'secrets') report(at, `unknown key ${JSON.stringify(name)}: there are "secrets" and "environments"`);
    else if (!isEmpty(value)) for (const secret of entries(value, '"secrets"', report)) addSecret(found, secret, report);
  }
  return { secrets: found, environments };
}

function addSecret(found: Map<string, SecretSource>, { name: text, at, value }: Entry, report: Report): void {
  const name = secretName(text);
  if (name === undefined) return report(at, `${JSON.stringify(text)} is no name of a secret: ${NAME_RULE}`);
  if (found.has(name)) return report(at, `${JSON.stringify(text)} is there twice: names are compared without case`);
  const source = readSource(text, at, value, report);
  if (source !== undefined) found.set(name, source);
}

const KINDS = 'give one of env: VARIABLE, file: PATH, command: [PROGRAM, ARGUMENT, ...]';

function readSource(name: string, at: number, value: unknown, report: Report): SecretSource | undefined {
  const given = isMap(value) ? entries(value, `the secret ${name}`, report) : [];
  const [first] = given;
  if (first === undefined || given.length !== 1) return report(first?.at ?? at, `the secret ${name} has ${given.length === 0 ? 'no source' : 'more than one source'}: ${KINDS}`);
  if (first.name === 'command') {
    const argv = isSeq(first.value) ? first.value.items.map(textOf) : [];
    if (!argv[0] || argv.some((word) => word === undefined || word.includes('\0'))) return report(first.at, `the command of the secret ${name} is a list of words, as in [pass, show, ${name.toLowerCase()}]`);
    return { kind: 'command', argv: argv as string[] };
  }
  const text = textOf(first.value);
  if (first.name !== 'env' && first.name !== 'file') return report(first.at, `unknown key ${JSON.stringify(first.name)} in the secret ${name}: ${KINDS}`);
  if (!text) return report(first.at, `${first.name} of the secret ${name} is ${first.name === 'env' ? 'the name of a variable' : 'a path'}`);
  return first.name === 'env' ? { kind: 'env', variable: text } : { kind: 'file', path: text };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new PermanentError(`${path} cannot be read: ${(error as Error).message}`, 'Give this user the right to read it.', { cause: error });
  }
}
