/** Bytes of a log into lines. */

/** A line that is longer is shown in pieces; the log store has it whole. */
const LONGEST_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export class LineBuffer {
  #parts: Buffer[] = [];
  #held = 0;

  /** The lines that are whole now, without their line breaks; what is not UTF-8 becomes U+FFFD. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#hold(chunk.subarray(from, at), lines);
      lines.push(this.#take());
      from = at + 1;
    }
    this.#hold(chunk.subarray(from), lines);
    return lines;
  }

  /** The last line, when no line break ended it. */
  end(): string[] {
    return this.#held === 0 ? [] : [this.#take()];
  }

  #hold(bytes: Buffer, lines: string[]): void {
    let rest = bytes;
    while (this.#held + rest.length > LONGEST_BYTES) {
      const cut = atCharacter(rest, LONGEST_BYTES - this.#held);
      this.#parts.push(rest.subarray(0, cut));
      lines.push(this.#take());
      rest = rest.subarray(cut);
    }
    if (rest.length > 0) this.#parts.push(Buffer.from(rest));
    this.#held += rest.length;
  }

  #take(): string {
    const text = (this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)).toString('utf8');
    this.#parts = [];
    this.#held = 0;
    return text;
  }
}

/** A place at or before `at` where no character is cut in two. */
function atCharacter(bytes: Buffer, at: number): number {
  for (let place = at; place > Math.max(0, at - 4); place -= 1) if ((bytes[place]! & 0xc0) !== 0x80) return place;
  return at;
}
