/**
 * systemd unit files as fleet takes them: a list of options (systemd.syntax(7)). A value that goes on over several lines keeps its
 * backslashes and line ends, as fleetctl sends it: fleet refuses to read back a line of 2048 bytes.
 */

export interface UnitOption {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** An option and where it stands. Lines count from 1. */
export interface PlacedUnitOption extends UnitOption {
  readonly line: number;
}

export interface UnitProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ParsedUnit {
  readonly options: readonly PlacedUnitOption[];
  /** Section headers in order, with their lines. */
  readonly sections: readonly { readonly name: string; readonly line: number }[];
  /** Lines that are no section, option or comment, or that fleet could not read back. */
  readonly problems: readonly UnitProblem[];
}

/** fleet's reader gives up at a line of this many bytes (coreos/go-systemd, unit/deserialize.go). */
const LINE_BYTES_LIMIT = 2048;

/** Parses a unit's text; all problems at once. `file` is for messages. */
export function parseUnit(text: string, file: string): ParsedUnit {
  const options: PlacedUnitOption[] = [];
  const sections: { name: string; line: number }[] = [];
  const problems: UnitProblem[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const problem = (index: number, message: string) => problems.push({ file, line: index + 1, message });
  lines.forEach((line, index) => {
    if (Buffer.byteLength(line) >= LINE_BYTES_LIMIT) problem(index, `the line is longer than the ${LINE_BYTES_LIMIT - 1} bytes that fleet can read: continue it on the next with a backslash`);
  });
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!.trim();
    if (line === '' || isComment(line)) continue;
    if (line.startsWith('[')) {
      const name = /^\[([^[\]]+)\]$/.exec(line)?.[1];
      if (name) sections.push({ name, line: index + 1 });
      else problem(index, `${quoted(line)} is not a section header: write [Name]`);
      continue;
    }
    const start = index;
    const assignment = /^([^=]*?)\s*=\s*(.*)$/s.exec(line);
    const parts = [assignment?.[2] ?? ''];
    while (lines[index]!.trimEnd().endsWith('\\') && index + 1 < lines.length) {
      index += 1;
      const next = lines[index]!;
      if (isComment(next.trim())) lines[index] = '\\';
      else parts.push(next.trimEnd());
    }
    const section = sections.at(-1)?.name;
    if (!assignment?.[1]) problem(start, `${quoted(line)} is not an option: write Name=value`);
    else if (!section) problem(start, `${assignment[1]}= stands before any section`);
    else options.push({ section, name: assignment[1], value: joinLines(parts), line: start + 1 });
  }
  return { options, sections, problems };
}

/** The text of a unit with these options, a section header where the section changes. `parseUnit` gives the same options again. */
export function serialiseUnit(options: readonly UnitOption[]): string {
  let section: string | undefined;
  let text = '';
  for (const option of options) {
    if (option.section !== section) text += `${text ? '\n' : ''}[${(section = option.section)}]\n`;
    text += `${option.name}=${option.value}\n`;
  }
  return text;
}

/** A value as systemd reads it: a backslash at a line's end and the line end are one space. */
export function unfolded(value: string): string {
  return value.replace(/\\\n/g, ' ').trim();
}

function isComment(line: string): boolean {
  return line.startsWith('#') || line.startsWith(';');
}

function quoted(line: string): string {
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
}

/** A blank line ends a value that the line before promised to continue, for fleet and for systemd: nothing comes of the backslash. */
function joinLines(parts: readonly string[]): string {
  const kept = parts.filter((part, index) => index === 0 || part.trim() !== '');
  return kept.map((part, index) => (index < kept.length - 1 ? `${part.trimEnd().replace(/\\$/, '')}\\` : part.replace(/\\$/, ''))).join('\n').trim();
}

/** Whether two unit files mean the same: options in their order. */
export function sameOptions(left: readonly UnitOption[], right: readonly UnitOption[]): boolean {
  const key = (options: readonly UnitOption[]): string => JSON.stringify(options.map(({ section, name, value }) => [section, name, value]));
  return key(left) === key(right);
}
