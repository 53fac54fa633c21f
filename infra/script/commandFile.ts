/**
 * A step's `command`: POSIX sh that sets the step's whole environment and becomes its shell. It is a file of its owner alone, so that
 * no secret of the environment is in an argument list.
 */
import { InvalidInputError } from '../errors.js';

export interface CommandParts {
  readonly environment: Readonly<Record<string, string>>;
  /** Put before PATH, the first is searched first. */
  readonly path: readonly string[];
  /** Absolute. */
  readonly workingDirectory: string;
  /** Absolute. */
  readonly script: string;
  /** The shell with the script; absent: `bash -e`, or `sh -e` where there is no bash. */
  readonly argv?: readonly string[] | undefined;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Identifiers that a shell refuses to set, or changes its own ways by: they are set by `env` at the last moment. */
const SHELLS_OWN = new Set([
  '_', 'UID', 'EUID', 'PPID', 'PWD', 'OLDPWD', 'IFS', 'OPTIND', 'OPTARG', 'OPTERR', 'LINENO', 'PS1', 'PS2', 'PS4', 'SHELLOPTS', 'BASHOPTS',
  'BASH_ARGC', 'BASH_ARGV', 'BASH_LINENO', 'BASH_SOURCE', 'BASH_VERSINFO', 'BASHPID', 'DIRSTACK', 'FUNCNAME', 'GROUPS', 'HOSTNAME', 'RANDOM', 'SECONDS', 'SRANDOM',
  'EPOCHSECONDS', 'EPOCHREALTIME', 'SHLVL', 'POSIXLY_CORRECT', 'MAIL', 'MAILPATH', 'MAILCHECK', 'ATTY', 'TERM', 'HISTSIZE',
]);

/** @throws InvalidInputError for a variable whose name or value no process can be given */
export function commandFile(parts: CommandParts): string {
  const { environment, path, workingDirectory, script, argv } = parts;
  for (const [name, value] of Object.entries(environment)) checkVariable(name, value);
  if (path.some((folder) => folder.includes('\0'))) throw new InvalidInputError('a folder for PATH holds a NUL character', 'Take it out of GITHUB_PATH.');
  const byShell = Object.entries(environment).filter(([name]) => isPlain(name));
  const byEnv = Object.entries(environment).filter(([name]) => !isPlain(name));
  const prefix = byEnv.length === 0 ? '' : `env -- ${byEnv.map(([name, value]) => quote(`${name}=${value}`)).join(' ')} `;
  const become = (words: readonly string[]): string => `exec ${prefix}${words.map(quote).join(' ')}`;
  return [
    `cd ${quote(workingDirectory)} || exit 1`,
    ...byShell.map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(path.length === 0 ? [] : [`export PATH=${quote(path.join(':'))}"\${PATH:+:$PATH}"`]),
    ...(argv ? commandLines(argv, become) : firstOf(['bash', 'sh'], ['-e', script], become)),
    '',
  ].join('\n');
}

/** Debian has no `python` beside its `python3`. */
function commandLines(argv: readonly string[], become: (words: readonly string[]) => string): readonly string[] {
  return argv[0] === 'python' ? firstOf(['python', 'python3'], argv.slice(1), become) : [become(argv)];
}

/** Becomes the first program that is there, or says of the last that it is not. */
function firstOf(programs: readonly string[], args: readonly string[], become: (words: readonly string[]) => string): readonly string[] {
  return programs.map((program, i) => {
    const command = become([program, ...args]);
    return i === programs.length - 1 ? command : `if command -v ${program} >/dev/null 2>&1; then ${command}; fi`;
  });
}

function isPlain(name: string): boolean {
  return IDENTIFIER.test(name) && !SHELLS_OWN.has(name);
}

function checkVariable(name: string, value: string): void {
  if (name === '' || name.includes('=') || name.includes('\0')) {
    throw new InvalidInputError(`env: ${JSON.stringify(name)} is no name for a variable`, 'Use letters, digits and "_".');
  }
  if (value.includes('\0')) throw new InvalidInputError(`env: the value of ${name} holds a NUL character`, 'No process can be given one: take it out.');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
