/**
 * The process of a Docker action's stage: the `docker` command line, as GitHub's runner builds it. Values of the environment are handed over
 * by name (`-e NAME`), since an argument list is seen by everybody on the host.
 */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { DockerRuns } from '../../language/usesAction.js';
import { engineEnvironment, socketOf } from '../containers/engine.js';
import { pathInside, type Mount } from '../containers/mounts.js';
import { HOST_SOCKET } from '../docker/find.js';
import { PermanentError, shellWord } from '../errors.js';
import type { JobFolder } from '../script/folders.js';
import type { Transport } from '../transport.js';
import { actionEnvironment, type ActionEnvironmentInput } from './actionEnvironment.js';
import { splitWords } from './words.js';
import type { ResolvedAction } from './resolve.js';

export interface DockerCommandInput extends ActionEnvironmentInput {
  readonly resolved: Pick<ResolvedAction, 'folder' | 'repository' | 'ref' | 'commit'>;
  readonly runs: DockerRuns;
  readonly stage: 'pre' | 'main' | 'post';
  /** The action's `args`, evaluated. @default the input `args`, as a shell splits it */
  readonly args?: readonly string[];
  /** The action's `env`, evaluated: it does not replace the step's. */
  readonly env?: Readonly<Record<string, string>>;
  /** The whole environment of the step: what it names of the host's folders is named as the container sees them. */
  readonly stepEnvironment: Readonly<Record<string, string>>;
  readonly job: JobFolder;
  /** The journal's folder, with the environment files. */
  readonly journal: string;
  /** The container's name: of this try alone. Letters, digits, `_`, `.` and `-`. */
  readonly container: string;
  /** The job's network. @default Docker's own */
  readonly network?: string;
  /** The engine, as DOCKER_HOST has it. @default what the `docker` command takes by itself */
  readonly engine?: string;
}

export interface DockerCommand {
  readonly image: string;
  /** Makes the image; undefined for one that has a name. */
  readonly build?: readonly string[];
  /** What must be there on the host. */
  readonly folders: readonly string[];
  readonly argv: readonly string[];
  /** Of the `docker` process, which hands it over: the step's and the action's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the container, when its `docker` process was ended by force. */
  readonly remove: readonly string[];
}

const LABEL = 'fleetwright.action=1';
const WORKSPACE = '/github/workspace';
/** They are the host's own, or the `docker` command's. */
const NOT_HANDED_OVER = new Set(['PATH', 'HOME', 'FLEETWRIGHT_STEP', 'DOCKER_HOST', 'DOCKER_CONFIG']);

export function dockerCommand(input: DockerCommandInput): DockerCommand {
  const { resolved, runs, container, network } = input;
  const { mounts, folders } = mountsOf(input);
  const environment = { ...translated({ ...input.env, ...input.stepEnvironment, ...actionEnvironment(input) }, mounts), ...engineEnvironment(input.engine) };
  const { image, build } = imageOf(resolved, runs);
  const entrypoint = entrypointOf(input);
  const names = Object.keys(environment).filter((name) => !NOT_HANDED_OVER.has(name));
  return {
    image, folders, environment,
    ...(build ? { build } : {}),
    argv: [
      'docker', 'run', '--rm', '--name', container, '--label', LABEL, '--workdir', WORKSPACE, ...names.flatMap((name) => ['-e', name]), '-e', 'HOME=/github/home',
      ...(network ? ['--network', network] : []), ...(entrypoint ? ['--entrypoint', entrypoint] : []),
      ...mounts.flatMap(({ host, inside }) => ['-v', `${host}:${inside}`]), image, ...argumentsOf(input),
    ],
    remove: [...onEngine(input.engine), 'docker', 'rm', '--force', container],
  };
}

/** All of it as one POSIX script for a step's process: folders, image, container. */
export function dockerScript({ folders, build, argv }: Pick<DockerCommand, 'folders' | 'build' | 'argv'>): string {
  const line = (words: readonly string[]) => words.map(shellWord).join(' ');
  return [
    `${line(['mkdir', '-p', '--', ...folders])} || exit 1`,
    ...(build ? [`${line(build)} || exit 1`] : []),
    `exec ${line(argv)}`, '',
  ].join('\n');
}

/**
 * @param engine as DOCKER_HOST has it. @default what the `docker` command takes by itself
 * @throws PermanentError when the host has no `docker` command, or its engine does not answer
 */
export async function requireDocker(transport: Transport, what: string, signal?: AbortSignal, engine?: string): Promise<void> {
  const options = { timeoutMs: 30_000, ...(signal ? { signal } : {}) };
  const { exitCode, stderr } = await transport.exec([...onEngine(engine), 'docker', 'version', '--format', '{{.Server.Version}}'], options);
  if (exitCode === 0) return;
  const missing = exitCode === 127;
  throw new PermanentError(
    missing ? `${what} runs in a container, and there is no docker command here` : `${what} runs in a container, and no Docker engine answers: ${stderr.trim()}`,
    missing ? 'Install it: sudo apt-get install docker.io' : 'Start it: sudo systemctl start docker',
  );
}

/** Put before a `docker` command that is not run with an environment of its own. */
function onEngine(engine: string | undefined): readonly string[] {
  const variables = Object.entries(engineEnvironment(engine)).map(([name, value]) => `${name}=${value}`);
  return variables.length === 0 ? [] : ['env', ...variables];
}

/** As GitHub's runner mounts them. The environment files stand in the journal. */
function mountsOf({ job, journal, engine }: DockerCommandInput): { readonly mounts: readonly Mount[]; readonly folders: readonly string[] } {
  const [home, workflow] = [posix.join(job.temp, '_github_home'), posix.join(job.temp, '_github_workflow')];
  const socket = socketOf(engine ?? `unix://${HOST_SOCKET}`);
  return {
    folders: [job.workspace, home, workflow],
    mounts: [
      ...(socket === undefined ? [] : [{ host: socket, inside: HOST_SOCKET }]), { host: job.temp, inside: '/github/runner_temp' }, { host: home, inside: '/github/home' },
      { host: workflow, inside: '/github/workflow' }, { host: journal, inside: '/github/file_commands' }, { host: job.workspace, inside: WORKSPACE },
    ],
  };
}

/** Values that are a path of a mounted folder, as the container sees it. */
function translated(environment: Readonly<Record<string, string>>, mounts: readonly Mount[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, pathInside(value, mounts) ?? value]));
}

function imageOf({ folder, commit }: DockerCommandInput['resolved'], { image }: DockerRuns): Pick<DockerCommand, 'image' | 'build'> {
  if (image.startsWith('docker://')) return { image: image.slice('docker://'.length) };
  const file = posix.join(folder, image);
  const hash = createHash('sha256').update(`${commit ?? ''}\0${file}`).digest('hex').slice(0, 16);
  const tag = `fleetwright-action:${commit === undefined ? '' : `${commit.slice(0, 12)}-`}${hash}`;
  return { image: tag, build: ['docker', 'build', '--label', LABEL, '--tag', tag, '--file', file, posix.dirname(file)] };
}

function entrypointOf({ stage, runs, inputs }: DockerCommandInput): string | undefined {
  if (stage === 'pre') return runs.preEntrypoint;
  if (stage === 'post') return runs.postEntrypoint;
  return runs.entrypoint ?? (inputOf(inputs, 'entrypoint') || undefined);
}

function argumentsOf({ args, inputs }: DockerCommandInput): readonly string[] {
  return args ?? splitWords(inputOf(inputs, 'args') ?? '');
}

function inputOf(inputs: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(inputs).find(([key]) => key.toLowerCase() === name)?.[1];
}
