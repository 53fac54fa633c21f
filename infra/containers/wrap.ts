/** A step's process in the job's container: the `docker exec` that GitHub's runner makes of it. */
import { posix } from 'node:path';
import { MARKER } from '../script/environment.js';
import type { JobFolder } from '../script/folders.js';
import type { StepProcess } from '../script/host.js';
import { engineEnvironment, socketOf } from './engine.js';
import { NODE_INSIDE, pathInside, workspaceInside, type Mount } from './mounts.js';
import { EXEC, RUN_NODE } from './programs.js';

export interface WrapParts {
  /** The job's container. */
  readonly id: string;
  /** The address of its engine. */
  readonly engine: string;
  /** The path of the `docker` command. @default the host has none: our own helper does what it does */
  readonly docker?: string | undefined;
  readonly mounts: readonly Mount[];
  readonly folders: JobFolder;
  /** PATH in the container. */
  readonly searched: string;
}

/** Variables that would change what runs on the host, for a step in the container: they are handed over as text, and hold no secrets. */
const FOR_THE_HOST = new Set([
  'PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONFIG', 'DOCKER_CONTEXT', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_API_VERSION', 'GODEBUG',
  'LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_DEBUG', 'NODE_V8_COVERAGE', 'BASH_ENV', 'ENV',
]);

/** Its journal stays on the host, and is seen in the container. Without a shell it is `sh -e`, as on GitHub. */
export function wrapProcess(process: StepProcess, parts: WrapParts): StepProcess {
  const { name, script } = process;
  const journal = posix.join(parts.folders.steps, name);
  const inside = (path: string): string => translate(path, parts);
  const argv = commandInside(process.argv ?? ['sh', '-e', posix.join(journal, 'script')], journal, parts);
  const variables = Object.entries({ ...process.environment, [MARKER]: journal });
  const names = variables.map(([variable]) => variable).filter((variable) => !FOR_THE_HOST.has(variable));
  const literals = variables.filter(([variable]) => FOR_THE_HOST.has(variable) && variable !== 'PATH').map(([variable, value]) => `${variable}=${inside(value)}`);
  const path = [...process.path.map(inside), process.environment['PATH'] ?? parts.searched];
  if (process.path.length > 0 || process.environment['PATH'] !== undefined) literals.push(`PATH=${path.join(':')}`);
  return {
    name, ...(script === undefined ? {} : { script }),
    argv: execArgv({ id: parts.id, workdir: inside(process.workingDirectory), names, literals, argv }, parts),
    environment: {
      ...Object.fromEntries(variables.filter(([variable]) => names.includes(variable)).map(([variable, value]) => [variable, variable === MARKER ? value : inside(value)])),
      ...engineEnvironment(parts.engine),
    },
    path: [],
    workingDirectory: parts.folders.workspace,
    asAnyUser: true,
  };
}

/** A path of the host as the container sees it; as it is where it does not. */
export function translate(path: string, { mounts, folders }: Pick<WrapParts, 'mounts' | 'folders'>): string {
  // RUNNER_WORKSPACE is no folder that is mounted.
  if (path === posix.dirname(folders.workspace)) return posix.dirname(workspaceInside(folders));
  return pathInside(path, mounts) ?? path;
}

/** The script's path may stand anywhere in a word: `--file={0}`. */
function commandInside(argv: readonly string[], journal: string, parts: WrapParts): readonly string[] {
  const words = argv.map((word) => {
    const whole = translate(word, parts);
    return whole === word ? word.replaceAll(journal, () => translate(journal, parts)) : whole;
  });
  return words[0] === NODE_INSIDE ? ['sh', '-c', RUN_NODE, 'sh', ...words.slice(1)] : words;
}

interface Exec {
  readonly id: string;
  readonly workdir: string;
  /** Of variables that are handed over from the process's own environment: an argument list is seen by everybody on the host. */
  readonly names: readonly string[];
  readonly literals: readonly string[];
  readonly argv: readonly string[];
}

function execArgv(exec: Exec, { docker, engine }: WrapParts): readonly string[] {
  const { id, workdir, names, literals, argv } = exec;
  if (docker === undefined) return [process.execPath, '-e', EXEC, '--', socketOf(engine) ?? '', JSON.stringify(exec)];
  return [docker, 'exec', '-i', '--workdir', workdir, ...[...names, ...literals].flatMap((variable) => ['-e', variable]), id, ...argv];
}
