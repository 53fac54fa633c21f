/** Commands with their wall time, and the time at which each phase of them was over. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Timed {
  readonly seconds: number;
  /** Seconds from the start until each phase was over. */
  readonly phases: Readonly<Record<string, number>>;
}

/**
 * Runs a command to its end.
 * @param phaseOf the phase whose end a line of output tells, if any
 * @throws Error with the end of its output when it fails
 */
export async function timed([command = '', ...args]: readonly string[], phaseOf: (line: string) => string | undefined): Promise<Timed> {
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const phases: Record<string, number> = {};
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      const phase = phaseOf(line);
      if (phase !== undefined) phases[phase] = elapsed();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${lines.slice(-20).join('\n')}`);
  return { seconds: elapsed(), phases };
}
