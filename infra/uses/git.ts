/** The `git` command, told to ask nothing and to mind no repository around it; what it says as our errors. */
import { CommandError, PermanentError, TransientError } from '../errors.js';
import { localTransport } from '../process.js';
import type { ExecResult } from '../transport.js';

export interface GitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. @default 10 minutes */
  readonly timeoutMs?: number;
  /** A git configuration file that is read too: the place of a secret, which no argument list may hold. */
  readonly config?: string | undefined;
  /** Added to the environment; no secrets, since it stands in an argument list. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void) | undefined;
}

/** What a git hook leaves in the environment: it would turn our commands to the hook's repository. @see git rev-parse --local-env-vars */
const LOCAL = [
  'GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_COMMON_DIR', 'GIT_PREFIX',
  'GIT_NAMESPACE', 'GIT_GRAFT_FILE', 'GIT_SHALLOW_FILE', 'GIT_REPLACE_REF_BASE', 'GIT_NO_REPLACE_OBJECTS', 'GIT_IMPLICIT_WORK_TREE', 'GIT_CONFIG',
  'GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_TRACE', 'GIT_EXTERNAL_DIFF',
];
/** Asks nothing, runs no hooks, and gives up on a server that says nothing for a minute. */
const QUIET = ['-c', 'core.askPass=', '-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60'];
const TIMEOUT_MS = 600_000;
const NOT_FOUND = 127;

/** Runs git. Does not throw on a non-zero exit code. @throws PermanentError when there is no git; TransientError; the signal's reason */
export async function tryGit(args: readonly string[], options: GitOptions = {}): Promise<ExecResult> {
  const { signal, stdin, onStdout, onStderr } = options;
  const result = await localTransport().exec(argv(args, options), {
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    ...(signal ? { signal } : {}), ...(stdin === undefined ? {} : { stdin }), ...(onStdout ? { onStdout } : {}), ...(onStderr ? { onStderr } : {}),
  });
  if (result.exitCode !== NOT_FOUND) return result;
  throw new PermanentError('there is no git here, by which actions and repositories come', 'Install it: sudo apt-get install git');
}

/** Runs git. @returns its standard output @throws as `tryGit`, and CommandError when git fails */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await tryGit(args, options);
  if (exitCode !== 0) throw new CommandError(['git', ...args], exitCode, stderr);
  return stdout;
}

function argv(args: readonly string[], { config, environment = {} }: GitOptions): readonly string[] {
  // Without a terminal (it has a session of its own) and a program that asks, ssh asks nothing either.
  const set = { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_LFS_SKIP_SMUDGE: '1', ...environment };
  return [
    'env', ...LOCAL.filter((name) => environment[name] === undefined).flatMap((name) => ['-u', name]),
    ...Object.entries(set).map(([name, value]) => `${name}=${value}`),
    'git', ...QUIET, ...(config ? ['-c', `include.path=${config}`] : []), ...args,
  ];
}

/** What a failed talk with a remote repository means. `missing` is the repository; it may be there for others. */
export type RemoteFault = 'missing' | 'no such ref' | 'offline' | 'refused';

const FAULTS: readonly (readonly [RegExp, RemoteFault])[] = [
  [/couldn't find remote ref|not our ref|unadvertised object|no such remote ref/i, 'no such ref'],
  [/could not resolve host|couldn't resolve|connection (?:refused|timed out|reset)|failed to connect|network is unreachable|no route to host|timed out|returned error: (?:429|5\d\d)|early EOF|unexpected disconnect|operation too slow|temporary failure/i, 'offline'],
  [/repository .*not found|not found|does not (?:appear to be a git repository|exist)|no such file or directory|could not read (?:username|password)|terminal prompts disabled|returned error: 404/i, 'missing'],
  [/authentication failed|permission denied|returned error: (?:401|403)|access denied|host key verification failed|invalid credentials/i, 'refused'],
];

export function remoteFault(stderr: string): RemoteFault {
  return FAULTS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'offline';
}

/** @param what the repository, as a person names it: `actions/checkout` */
export function remoteError(what: string, url: string, stderr: string): Error {
  const said = stderr.trim().split('\n').slice(-3).join('\n');
  const fault = remoteFault(stderr);
  if (fault === 'missing') {
    return new PermanentError(`the repository ${what} was not found at ${url}:\n${said}`, 'Mend its name, or give this user the right to read it (git\'s own credentials are used).');
  }
  if (fault === 'refused') return new PermanentError(`the repository ${what} may not be read at ${url}:\n${said}`, 'Give this user the right to read it: git\'s own credentials are used.');
  return new TransientError(`the repository ${what} could not be reached at ${url}:\n${said}`);
}
