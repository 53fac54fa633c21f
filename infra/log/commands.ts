/** Workflow commands: what a step says to its runner on stdout, one a line (`::error file=a.js,line=1::message`, or the older `##[error]message`). Pure. */

export const COMMAND_NAMES = [
  'debug', 'notice', 'warning', 'error', 'group', 'endgroup', 'add-mask', 'stop-commands', 'echo', 'add-matcher', 'remove-matcher', 'set-output', 'save-state',
  'set-env', 'add-path',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

export interface WorkflowCommand {
  /** In lower case. `resume`: the token that ends `stop-commands`. */
  readonly name: CommandName | 'resume';
  /** By lower-case name, unescaped; the last of equal names counts. */
  readonly properties: ReadonlyMap<string, string>;
  /** Unescaped; may hold line breaks. */
  readonly message: string;
}

const NAMES: ReadonlySet<string> = new Set(COMMAND_NAMES);
const COLONS = '::';
const HASHES = '##[';

/**
 * The command that a line is, if it is one. Unknown commands are plain output.
 * @param line without its line break @param stopToken while commands are stopped: only the command of this name is one then
 */
export function parseCommand(line: string, stopToken?: string): WorkflowCommand | undefined {
  return parseColons(line, stopToken) ?? parseHashes(line, stopToken);
}

/** `  ::name key=value,key=value::message` */
function parseColons(line: string, stopToken: string | undefined): WorkflowCommand | undefined {
  const text = line.trimStart();
  if (!text.startsWith(COLONS)) return undefined;
  const end = text.indexOf(COLONS, COLONS.length);
  if (end < 0) return undefined;
  return command(text.slice(COLONS.length, end), text.slice(end + COLONS.length), stopToken, ',', unescapeProperty, unescapeMessage);
}

/** `anything##[name key=value;key=value]message` */
function parseHashes(line: string, stopToken: string | undefined): WorkflowCommand | undefined {
  const start = line.indexOf(HASHES);
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  return command(line.slice(start + HASHES.length, end), line.slice(end + 1), stopToken, ';', unescapeHashes, unescapeHashes);
}

function command(
  head: string, message: string, stopToken: string | undefined, separator: string, unescapeValue: (text: string) => string, unescape: (text: string) => string,
): WorkflowCommand | undefined {
  const space = head.indexOf(' ');
  const name = nameOf(space < 0 ? head : head.slice(0, space), stopToken);
  if (name === undefined) return undefined;
  const properties = new Map<string, string>();
  for (const pair of space < 0 ? [] : head.slice(space + 1).trim().split(separator)) {
    const [key = '', value = ''] = splitPair(pair);
    if (key !== '' && value !== '') properties.set(key.toLowerCase(), unescapeValue(value));
  }
  return { name, properties, message: unescape(message) };
}

function nameOf(written: string, stopToken: string | undefined): WorkflowCommand['name'] | undefined {
  const name = written.toLowerCase();
  if (stopToken !== undefined) return name === stopToken.toLowerCase() ? 'resume' : undefined;
  return NAMES.has(name) ? (name as CommandName) : undefined;
}

/** Signs of equality before the name and before the value are passed over, as on GitHub. */
function splitPair(pair: string): readonly [string, string] {
  const [, name = '', value = ''] = /^=*([^=]*)(?:=+([^]*))?$/.exec(pair)!;
  return [name, value];
}

const unescapeMessage = unescaper({ '%0D': '\r', '%0A': '\n', '%25': '%' });
const unescapeProperty = unescaper({ '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' });
const unescapeHashes = unescaper({ '%3B': ';', '%0D': '\r', '%0A': '\n', '%5D': ']', '%25': '%' });

/** One pass, so that `%250A` is `%0A`. */
function unescaper(codes: Readonly<Record<string, string>>): (text: string) => string {
  const pattern = new RegExp(Object.keys(codes).join('|'), 'g');
  return (text) => (text.includes('%') ? text.replace(pattern, (code) => codes[code]!) : text);
}

/** `text` as the message of a command: the reverse of what `parseCommand` undoes. */
export function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** `text` as the value of a command's property. */
export function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** Whether the beginning of a line may become a command, once the line is whole. */
export function mayBeCommand(beginning: string, stopToken?: string): boolean {
  const text = beginning.trimStart();
  for (const [mark, end] of [[COLONS, /[ :]/], [HASHES, /[ \]]/]] as const) {
    if (mark.startsWith(text)) return true;
    if (!text.startsWith(mark)) continue;
    const head = text.slice(mark.length);
    const length = head.search(end);
    return length < 0 ? head.length <= 256 : nameOf(head.slice(0, length), stopToken) !== undefined;
  }
  return false;
}
