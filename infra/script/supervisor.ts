/** One supervisor of a job's steps, as its worker holds it: see `supervise.ts`. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { TransientError } from '../errors.js';
import { leaveCgroup, makeCgroup } from './cgroup.js';
import { KEPT } from './programs.js';
import { SUPERVISE } from './supervise.js';

/** What it says of a step that it is given. */
export type Answer =
  /** It runs; `ended` settles when there is something to look for in the journal. */
  | { readonly kind: 'claimed'; readonly ended: Promise<void> }
  /** Somebody claimed it before. */
  | { readonly kind: 'taken' }
  /** Nothing could be written: it will not run. */
  | { readonly kind: 'refused' }
  /** The supervisor is gone; whether it claimed the step stands in the journal. */
  | { readonly kind: 'gone' };

export interface Supervisor {
  readonly alive: boolean;
  /** It is alive and has no step in hand. */
  readonly idle: boolean;
  readonly pid: number;
  /** The folder of its cgroup, if it has one. */
  readonly cgroup: string | undefined;
  /** Makes it one of another job, whose folder of journals this is; only while it is idle, and when nothing of the last job is left. */
  serve(steps: string): void;
  /** Gives it a step; only while it is idle. */
  give(name: string): Promise<Answer>;
  /** It ends when its step, if any, has ended. */
  release(): void;
}

interface Order {
  readonly name: string;
  readonly answer: (answer: Answer) => void;
  readonly ended: () => void;
  readonly whenEnded: Promise<void>;
}

/** @param steps the folder of journals @throws TransientError when it cannot be started */
export async function startSupervisor(steps: string): Promise<Supervisor> {
  const cgroup = makeCgroup(steps);
  const umask = process.umask().toString(8).padStart(4, '0');
  const child = spawn('sh', ['-c', SUPERVISE, 'sh', steps, umask, cgroup ?? ''], { detached: true, stdio: ['pipe', 'pipe', 'ignore'], env: keptEnvironment() });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new TransientError(`sh could not be started: ${error.message}`, { cause: error })));
  });
  child.on('error', () => undefined);
  if (cgroup !== undefined) child.once('exit', () => leaveCgroup(cgroup));
  child.unref();
  return attend(child, cgroup);
}

function attend(child: ChildProcessByStdio<Writable, Readable, null>, cgroup: string | undefined): Supervisor {
  let order: Order | undefined;
  let alive = true;
  const settle = (kind: string): void => {
    const current = order;
    output.unref();
    if (kind === 'claimed') return current?.answer({ kind, ended: current.whenEnded });
    order = undefined;
    if (kind === 'taken' || kind === 'refused') current?.answer({ kind });
    else current?.answer({ kind: 'gone' });
    current?.ended();
  };
  onLines(child.stdout, (line) => {
    const [name, kind = ''] = line.split(' ');
    if (name === order?.name) settle(kind);
  });
  const gone = (): void => {
    alive = false;
    settle('gone');
  };
  child.stdout.once('close', gone);
  // What it was given and did not read: its end is seen on the other pipe.
  child.stdin.on('error', () => undefined);
  // Only a step that waits for its answer keeps this process.
  const [input, output] = [child.stdin, child.stdout] as unknown as readonly [Socket, Socket];
  input.unref();
  output.unref();
  return {
    get alive() {
      return alive;
    },
    get idle() {
      return alive && order === undefined;
    },
    pid: child.pid!,
    cgroup,
    serve: (steps) => void child.stdin.write(`${steps}\n`),
    give: (name) => new Promise((answer) => {
      let ended = (): void => undefined;
      const whenEnded = new Promise<void>((resolve) => (ended = resolve));
      order = { name, answer, ended, whenEnded };
      output.ref();
      if (alive) child.stdin.write(`${name}\n`);
      else gone();
    }),
    release: () => void child.stdin.end(),
  };
}

function onLines(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('latin1').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  }).on('error', () => undefined);
}

/** What of this process's environment reaches a step, as over SSH. */
function keptEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
