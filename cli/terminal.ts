/** What the commands know of the terminal: data goes to stdout, progress and messages to stderr. */

export interface Terminal {
  /** Lines of data, to stdout. */
  out(...lines: string[]): void;
  /** Lines for a person, to stderr. */
  note(...lines: string[]): void;
  /** Whether stderr can be drawn on again and again. */
  readonly live: boolean;
  /** Whether stderr takes colours. */
  readonly color: boolean;
  /** Columns and rows of stderr. */
  size(): { readonly width: number; readonly height: number };
  readonly stderr: NodeJS.WriteStream;
  /** Whether stdout takes colours, and whether a person reads it as it comes. @default neither */
  readonly dataLook?: { readonly color: boolean; readonly live: boolean };
  /** Whether we are a step of GitHub Actions: its log takes groups and annotations. @default false */
  readonly github?: boolean;
  /** Asks for a line that is not shown; undefined where nobody can be asked. Rejects when the person ends it. */
  readonly askHidden?: (question: string) => Promise<string>;
  /** Asks a question on stderr and waits for a key; undefined where nobody can be asked. Rejects when `signal` aborts. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string>;
}

interface Streams { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream }

/** The terminal of this process. NO_COLOR, FORCE_COLOR, TERM=dumb and CI are honoured. */
export function terminalOf({ stdin, stdout, stderr }: Streams = process, env: NodeJS.ProcessEnv = process.env): Terminal {
  const capable = Boolean(stderr.isTTY) && env['TERM'] !== 'dumb';
  const colors = (able: boolean): boolean => (env['NO_COLOR'] ? false : env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : able);
  const readable = Boolean(stdout.isTTY) && env['TERM'] !== 'dumb';
  const write = (stream: NodeJS.WriteStream, lines: string[]): void => { if (lines.length > 0) stream.write(`${lines.join('\n')}\n`); };
  return {
    out: (...lines) => write(stdout, lines),
    note: (...lines) => write(stderr, lines),
    live: capable && !env['CI'],
    color: colors(capable),
    size: () => ({ width: stderr.columns || 80, height: stderr.rows || 24 }),
    stderr,
    github: env['GITHUB_ACTIONS'] === 'true',
    dataLook: { color: colors(readable), live: readable && !env['CI'] },
    ...(stderr.isTTY && stdin.isTTY ? { askHidden: (question: string) => askLine(stdin, stderr, question) } : {}),
    ...(capable && stdin.isTTY ? { ask: (question, signal) => askKey(stdin, stderr, question, signal) } : {}),
  };
}

/** In raw mode Ctrl-C is a key: it is given back to the process as the signal that it stands for. */
const CTRL_C = '\u0003';

function askKey(input: NodeJS.ReadStream, output: NodeJS.WriteStream, question: string, signal: AbortSignal): Promise<string> {
  output.write(question);
  const pressed = new Promise<string>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    input.once('end', () => resolve(''));
    input.on('data', (keys) => {
      const key = String(keys);
      if (key.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
      else resolve(key);
    });
  });
  input.setRawMode(true);
  input.resume();
  return pressed.finally(() => {
    input.setRawMode(false);
    input.removeAllListeners('data');
    input.pause();
    input.unref?.();
    output.write('\n');
  });
}

/** A line without echo. Enter ends it, Backspace takes the last character back. */
function askLine(input: NodeJS.ReadStream, output: NodeJS.WriteStream, question: string): Promise<string> {
  output.write(question);
  let line = '';
  const given = new Promise<string>((resolve, reject) => {
    input.once('end', () => reject(new Error('nobody answered')));
    input.on('data', (keys) => {
      for (const key of String(keys)) {
        if (key === CTRL_C) return reject(new Error('it was not given'));
        if (key === '\r' || key === '\n' || key === '\u0004') return resolve(line);
        line = key === '\u007f' || key === '\b' ? [...line].slice(0, -1).join('') : line + key;
      }
    });
  });
  input.setRawMode(true);
  input.resume();
  return given.finally(() => {
    input.setRawMode(false);
    input.removeAllListeners('data');
    input.pause();
    input.unref?.();
    output.write('\n');
  });
}
