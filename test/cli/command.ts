/** The command line as its user has it: a process, on a state folder and ports that nobody else has. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagePath } from '../../infra/paths.js';
import { freePorts } from '../freePorts.js';

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Over this process's; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What runs the command: `['setpriv', ...]`. */
  readonly through?: readonly string[];
  /** @default this package's */
  readonly program?: string;
  readonly cwd?: string;
}

export interface Place {
  /** XDG_STATE_HOME. */
  readonly folder: string;
  readonly port: number;
  readonly uiPort: number;
  run(args: readonly string[], options?: CommandOptions): Promise<Said>;
  /** What a command left: files in the state folder, and ports of ours that somebody listens on. */
  left(): Promise<readonly string[]>;
  /** Stops what a command should not have started, and removes the folder. */
  remove(): Promise<void>;
}

export async function place(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-place-'));
  const [port, uiPort] = await freePorts(2) as [number, number];
  const own = { XDG_STATE_HOME: folder, FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort), NO_COLOR: '1' };
  return {
    folder, port, uiPort,
    run: (args, options = {}) => run(args, { ...options, env: { ...own, ...options.env } }),
    left: async () => {
      const files = readdirSync(folder, { recursive: true }).map(String);
      const open = (await Promise.all([port, uiPort].map(async (one) => ((await listens(one)) ? [`port ${one}`] : [])))).flat();
      return [...files, ...open];
    },
    remove: async () => {
      if (existsSync(join(folder, 'fleetwright', 'daemons'))) await run(['stop'], { env: { ...own, TEMPORAL_ADDRESS: undefined } });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(args: readonly string[], { env, through = [], program = packagePath('bin', 'fleetwright.js'), cwd }: CommandOptions): Promise<Said> {
  const [command = '', ...rest] = [...through, process.execPath, program, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean): void => { socket.destroy(); resolve(answer); };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}
