/**
 * What of a step's output may pass to a terminal: text and colours. Not what clears, moves, sets a title or rings.
 *
 * 1. CR LF is a line break, and so is a CR alone, which would write over the line.
 * 2. What is not UTF-8, and control characters, become U+FFFD. Escape sequences that are no colours vanish.
 * 3. The same bytes give the same text, wherever the chunks break.
 */

export interface TerminalTextOptions {
  /** Colours (SGR sequences) pass. @default false */
  readonly color?: boolean;
}

/** The beginning of a sequence that holds a text: a title, a device's data. */
const STRING_START = String.raw`\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]`;
/** Such a sequence ends here; at a line's end too, or one that nobody ends would swallow the rest of the log. */
const STRING_END = /[\n\x07\x1b\x9c]/;
const SPECIAL = /[^\x20-\x7e\n\t\xa0-\uffff]/;
const TOKENS = new RegExp(
  String.raw`(?:${STRING_START})|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|\r+\n?|[^\x20-\x7e\n\t\xa0-\uffff]`, 'g',
);
const COLOUR = /^\x1b\[[0-9;:]*m$/;
/** A sequence, or CRs, that may go on in the next chunk. */
const UNFINISHED = /(?:\x1b[ -/]*|(?:\x1b\[|\x9b)[0-?]*[ -/]*|\r+)$/;
const LONGEST_SEQUENCE = 256;

export class TerminalText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #color: boolean;
  #unfinished = '';
  #inString = false;

  constructor({ color = false }: TerminalTextOptions = {}) {
    this.#color = color;
  }

  push(chunk: Uint8Array): string {
    return this.#clean(this.#decoder.decode(chunk, { stream: true }), false);
  }

  end(): string {
    return this.#clean(this.#decoder.decode(), true);
  }

  #clean(more: string, ended: boolean): string {
    const text = this.#unfinished + more;
    this.#unfinished = '';
    if (!this.#inString && !SPECIAL.test(text)) return text;
    const tail = ended ? undefined : UNFINISHED.exec(text.slice(-LONGEST_SEQUENCE))?.[0];
    if (tail !== undefined) this.#unfinished = tail.startsWith('\r') ? '\r' : tail;
    return this.#cleanWhole(tail === undefined ? text : text.slice(0, -tail.length));
  }

  #cleanWhole(text: string): string {
    let clean = '';
    for (let at = this.#inString ? this.#skipString(text, 0) : 0; at < text.length;) {
      TOKENS.lastIndex = at;
      const [token] = TOKENS.exec(text) ?? [];
      if (token === undefined) return clean + text.slice(at);
      const start = TOKENS.lastIndex - token.length;
      clean += text.slice(at, start);
      at = TOKENS.lastIndex;
      if (isStringStart(token)) at = this.#skipString(text, at);
      else clean += this.#replaced(token);
    }
    return clean;
  }

  #replaced(token: string): string {
    if (token.startsWith('\r')) return '\n';
    if (token.startsWith('\x1b') || token.startsWith('\x9b')) return this.#color && COLOUR.test(token) ? token : '';
    return '\ufffd';
  }

  /** @returns behind the sequence, or the text's end when it goes on in the next chunk */
  #skipString(text: string, from: number): number {
    const length = text.slice(from).search(STRING_END);
    this.#inString = length < 0;
    if (length < 0) return text.length;
    const end = from + length;
    if (text[end] === '\n') return end;
    return text[end] === '\x1b' ? (text[end + 1] === '\\' ? end + 2 : end) : end + 1;
  }
}

function isStringStart(token: string): boolean {
  return /^(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])$/.test(token);
}
