/** Keeps the last bytes of a stream, in bounded memory. */
export class ByteTail {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @param limit bytes kept */
  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size - this.#chunks[0]!.length >= this.limit) this.#size -= this.#chunks.shift()!.length;
  }

  toBuffer(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.limit));
  }

  /** As UTF-8; what is not becomes U+FFFD. */
  toString(): string {
    return this.toBuffer().toString('utf8');
  }
}
