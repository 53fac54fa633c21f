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
const REFUSED = new Set(['NODE_OPTIONS']);

/**
 * Values of `k=v` lines and of heredocs (`k<<DELIMITER`, lines, `DELIMITER`); a later one replaces an earlier one.
 * Empty lines are skipped; `<<` counts where it comes before the first `=`.
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
    if (file === 'GITHUB_ENV' && REFUSED.has(name.toUpperCase())) {
      throw new EnvFileError(`${file}, line ${line.number}: ${name} cannot be set from a step: give it in the step's own env`);
    }
    values.set(name, value);
  }
}

/** The folders of a GITHUB_PATH file, in its order. Each is put before PATH as it comes, so the last is searched first. */
export function parsePathFile(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/).filter((line) => line.trim() !== '');
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** The line break that ended it, empty at the end of the file. */
  readonly end: string;
}

class LineReader {
  #offset = 0;
  #number = 0;
  constructor(private readonly text: string) {}

  next(): Line | undefined {
    if (this.#offset >= this.text.length) return undefined;
    const newline = this.text.indexOf('\n', this.#offset);
    const stop = newline < 0 ? this.text.length : newline;
    const hasReturn = newline > this.#offset && this.text[newline - 1] === '\r';
    const text = this.text.slice(this.#offset, hasReturn ? stop - 1 : stop);
    this.#offset = newline < 0 ? stop : stop + 1;
    return { number: ++this.#number, text, end: newline < 0 ? '' : hasReturn ? '\r\n' : '\n' };
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
  let value = '';
  let end = '';
  for (let next = lines.next(); next !== undefined; next = lines.next()) {
    if (next.text === delimiter) return [name, value];
    value += end + next.text;
    end = next.end;
    if (next.end === '') break;
  }
  throw new EnvFileError(`${file}, line ${line.number}: Matching delimiter not found: no line says ${JSON.stringify(delimiter)} after ${JSON.stringify(name)}`);
}

function invalidFormat(line: Line, file: EnvFileName, rule: string): EnvFileError {
  return new EnvFileError(`${file}, line ${line.number}: Invalid format ${JSON.stringify(line.text.slice(0, 200))}: ${rule}`);
}
