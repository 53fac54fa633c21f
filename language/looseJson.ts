/**
 * JSON as `fromJSON` takes it on GitHub, whose runner reads it with Newtonsoft's reader: texts in single quotes and over several lines, names
 * without quotes, comments, a comma at the end of a list, octal and hexadecimal numbers. What follows the first value is not looked at.
 * Python's `['a', 'b']` is the matrix of many a workflow.
 */
import type { Json } from './expressionData.js';

/** @throws Error that says what is wrong, in JSON's own terms */
export function parseLooseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const value = new LooseReader(text).read();
    if (value === undefined) throw error;
    return value;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '\\': '\\', '"': '"', "'": "'", '/': '/' };
const WORDS: readonly (readonly [RegExp, Json])[] = [[/true\b/y, true], [/false\b/y, false], [/null\b/y, null], [/NaN\b/y, NaN], [/Infinity\b/y, Infinity], [/-Infinity\b/y, -Infinity]];
/** GitHub's runner takes more levels than anybody writes; a call stack has an end. */
const MOST_LEVELS = 1000;

class LooseReader {
  #at = 0;
  #level = 0;
  constructor(private readonly text: string) {}

  /** Undefined: it is no JSON in any sense. No value of its own is undefined. */
  read(): Json | undefined {
    this.#taken(/\s*/y);
    return this.#value();
  }

  #value(): Json | undefined {
    const next = this.text[this.#at];
    if (next === '"' || next === "'") return this.#quoted(next);
    if (next === '[' || next === '{') return this.#nested(next);
    for (const [word, value] of WORDS) if (this.#taken(word) !== undefined) return value;
    return this.#number();
  }

  #nested(open: '[' | '{'): Json | undefined {
    if (++this.#level > MOST_LEVELS) return undefined;
    this.#at += 1;
    const value = open === '[' ? this.#list() : this.#object();
    this.#level -= 1;
    return value;
  }

  #list(): Json | undefined {
    const items: Json[] = [];
    for (;;) {
      if (this.#next(']')) return items;
      const item = this.#value();
      if (item === undefined) return undefined;
      items.push(item);
      if (!this.#next(',')) return this.#next(']') ? items : undefined;
    }
  }

  #object(): Json | undefined {
    const members = new Map<string, Json>();
    for (;;) {
      if (this.#next('}')) return Object.fromEntries(members);
      const name = this.#name();
      if (name === undefined || !this.#next(':')) return undefined;
      this.#skip();
      const value = this.#value();
      if (value === undefined) return undefined;
      members.set(name, value);
      if (!this.#next(',')) return this.#next('}') ? Object.fromEntries(members) : undefined;
    }
  }

  #name(): string | undefined {
    const quote = this.text[this.#at];
    return quote === '"' || quote === "'" ? this.#quoted(quote) : this.#taken(/[\p{L}\p{Nd}_$]+/uy);
  }

  #quoted(quote: string): string | undefined {
    this.#at += 1;
    let value = '';
    for (;;) {
      value += this.#taken(quote === '"' ? /[^"\\]+/y : /[^'\\]+/y) ?? '';
      const mark = this.text[this.#at++];
      if (mark === quote) return value;
      if (mark === undefined) return undefined;
      const code = this.#taken(/u[0-9A-Fa-f]{4}/y);
      const character = code === undefined ? ESCAPES[this.text[this.#at++] ?? ''] : String.fromCharCode(Number.parseInt(code.slice(1), 16));
      if (character === undefined) return undefined;
      value += character;
    }
  }

  /** A zero before other digits makes an octal number. */
  #number(): number | undefined {
    const written = this.#taken(/[-.\d][-+.\w]*/y);
    if (written === undefined) return undefined;
    if (/^0[0-7]+$/.test(written)) return Number.parseInt(written, 8);
    const decimal = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(written) && !/^0\d/.test(written);
    return decimal || /^0[xX][0-9A-Fa-f]+$/.test(written) ? Number(written) : undefined;
  }

  /** Takes the mark if it is what comes next, with what stands around it and means nothing. */
  #next(mark: string): boolean {
    this.#skip();
    if (this.text[this.#at] !== mark) return false;
    this.#at += 1;
    if (mark === ',') this.#skip();
    return true;
  }

  #skip(): void {
    this.#taken(/(?:\s|\/\*[^]*?\*\/|\/\/[^\r\n]*)*/y);
  }

  #taken(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
