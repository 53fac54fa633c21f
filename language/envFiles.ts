/**
 * The files by which a step hands values to later steps: GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH.
 * Rules of record: `FileCommandManager` of actions/runner.
 */

/** A file that breaks the rules. The message names the file's variable and the line. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError';

  /** @param before what stands before the line: it counts, as on GitHub */
  constructor(message: string, readonly before: Readonly<Record<string, string>> = {}) {
    super(message);
  }
}

export type EnvFileName = 'GITHUB_OUTPUT' | 'GITHUB_ENV' | 'GITHUB_STATE';

/** What nobody may set through GITHUB_ENV: it would run code in every later JavaScript step. */
const REFUSED = ['NODE_OPTIONS'];

/**
 * Values of `k=v` lines and of heredocs (`k<<DELIMITER`, lines, `DELIMITER`); a later one replaces an earlier one.
 * Empty lines are skipped; `<<` counts where it comes before the first `=`. A carriage return belongs to its line, as on GitHub's runners for Linux.
 * @throws EnvFileError
 */
export function parseEnvFile(text: string, file: EnvFileName): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  try {
    readValues(text, file, values);
  } catch (error) {
    throw error instanceof EnvFileError ? new EnvFileError(error.message, Object.fromEntries(values)) : error;
  }
  return Object.fromEntries(values);
}

function readValues(text: string, file: EnvFileName, values: Map<string, string>): void {
  const lines = new LineReader(text.startsWith('\uFEFF') ? text.slice(1) : text);
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.text === '') continue;
    const [name, value] = readPair(line, lines, file);
    values.set(name, value);
  }
}

export interface AllowedEnv {
  readonly env: Readonly<Record<string, string>>;
  /** What stays as it was, by the names that are refused in any case. The step does not fail for it. */
  readonly refused: readonly string[];
}

/** Of what stands in GITHUB_ENV, what may be set. */
export function allowedEnv(values: Readonly<Record<string, string>>): AllowedEnv {
  const isRefused = (name: string): boolean => REFUSED.includes(name.toUpperCase());
  const entries = Object.entries(values);
  return { env: Object.fromEntries(entries.filter(([name]) => !isRefused(name))), refused: entries.filter(([name]) => isRefused(name)).map(([name]) => name.toUpperCase()) };
}

/** The folders of a GITHUB_PATH file, in its order. Each is put before PATH as it comes, so the last is searched first. */
export function parsePathFile(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/).filter((line) => line !== '');
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** A line break ended it, not the end of the file. */
  readonly ended: boolean;
}

class LineReader {
  #offset = 0;
  #number = 0;
  constructor(private readonly text: string) {}

  next(): Line | undefined {
    if (this.#offset >= this.text.length) return undefined;
    const newline = this.text.indexOf('\n', this.#offset);
    const stop = newline < 0 ? this.text.length : newline;
    const text = this.text.slice(this.#offset, stop);
    this.#offset = newline < 0 ? stop : stop + 1;
    return { number: ++this.#number, text, ended: newline >= 0 };
  }
}

function readPair(line: Line, lines: LineReader, file: EnvFileName): readonly [string, string] {
  const equals = line.text.indexOf('=');
  const heredoc = line.text.indexOf('<<');
  if (heredoc >= 0 && (equals < 0 || heredoc < equals)) return readHeredoc(line, heredoc, lines, file);
  if (equals < 0) throw invalidFormat(line, file, 'write NAME=VALUE, or NAME<<DELIMITER for several lines');
  if (equals === 0) throw invalidFormat(line, file, 'the name is empty');
  return [line.text.slice(0, equals), line.text.slice(equals + 1)];
}

function readHeredoc(line: Line, at: number, lines: LineReader, file: EnvFileName): readonly [string, string] {
  const name = line.text.slice(0, at);
  const delimiter = line.text.slice(at + 2);
  if (name === '' || delimiter === '') throw invalidFormat(line, file, 'the name and the delimiter of a heredoc cannot be empty');
  const value: string[] = [];
  for (let next = lines.next(); next !== undefined; next = lines.next()) {
    if (next.text === delimiter) return [name, value.join('\n')];
    value.push(next.text);
    if (!next.ended) break;
  }
  throw new EnvFileError(`${file}, line ${line.number}: Matching delimiter not found: no line says ${JSON.stringify(delimiter)} after ${JSON.stringify(name)}`);
}

function invalidFormat(line: Line, file: EnvFileName, rule: string): EnvFileError {
  return new EnvFileError(`${file}, line ${line.number}: Invalid format ${JSON.stringify(line.text.slice(0, 200))}: ${rule}`);
}
