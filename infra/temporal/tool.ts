/** Runs a tool of this host that gets us the Temporal server: collected output, a deadline, and no terminal. */
import { spawn } from 'node:child_process';
import { CommandError, TransientError } from '../errors.js';

export interface ToolOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which it and its children are ended. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with each whole line of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

/**
 * @throws CommandError when it exits with another code than 0; TransientError when it cannot be started or takes too long;
 * the signal's reason
 */
export async function runTool(argv: readonly string[], options: ToolOptions): Promise<{ readonly stdout: string; readonly stderr: string }> {
  options.signal?.throwIfAborted();
  const [command = '', ...args] = argv;
  // Its own group, so that a compiler's children end with it.
  const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = (): void => endGroup(child.pid);
  const timer = setTimeout(end, options.timeoutMs);
  options.signal?.addEventListener('abort', end, { once: true });
  let [stdout, stderr, line] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-20_000);
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    lines.forEach((each) => options.onErrorLine?.(each));
  });
  const started = performance.now();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(new TransientError(`${command} cannot be started: ${error.message}`, { cause: error })));
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    if (code === 0) return { stdout, stderr };
    if (performance.now() - started >= options.timeoutMs) throw new TransientError(`${command} took longer than ${options.timeoutMs / 1000} s`);
    throw new CommandError(argv, code, stderr);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
