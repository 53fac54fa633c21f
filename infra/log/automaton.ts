/** Finds many byte strings in a stream in one pass (Aho and Corasick), with memory for the strings alone. */

/** A stretch of bytes, from its first to behind its last. */
export interface Interval {
  from: number;
  to: number;
}

/** The states nearest to the root have a table of all 256 next states; text that holds no secret hardly leaves them. */
const TABLED_DEPTH = 2;
const MOST_TABLES = 2048;
const ROOT = 0;

/** One instance for one set of patterns. Its states are numbers; `ROOT` (0) is where a text begins. */
export class Automaton {
  /** Bytes of the longest pattern. */
  readonly longest: number;
  readonly #tables: Int32Array;
  readonly #tabled: number;
  readonly #fallback: Int32Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #byte: Uint8Array;
  readonly #depth: Int32Array;
  /** Of the longest pattern that ends in a state; 0: none does. */
  readonly #match: Int32Array;

  /** @param patterns binary strings, none empty */
  constructor(patterns: Iterable<string>) {
    const trie = buildTrie([...patterns]);
    this.longest = trie.longest;
    [this.#child, this.#sibling, this.#byte, this.#depth, this.#match] = [trie.child, trie.sibling, trie.byte, trie.depth, trie.match];
    this.#fallback = new Int32Array(trie.states);
    this.#tabled = trie.tabled;
    this.#tables = new Int32Array(trie.tabled << 8);
    this.#link(trie.states);
  }

  /** How many of the last bytes may be the beginning of a pattern, in this state. */
  depth(state: number): number {
    return this.#depth[state]!;
  }

  /**
   * Goes over `data` from `start`. Matches are put into `found`, in order, those that overlap or touch as one.
   * @param state where the bytes before have led @returns the state behind the last byte
   */
  scan(data: Uint8Array, start: number, state: number, found: Interval[]): number {
    const tables = this.#tables;
    const tabled = this.#tabled;
    const match = this.#match;
    for (let at = start; at < data.length; at++) {
      state = state < tabled ? tables[(state << 8) | data[at]!]! : this.#next(state, data[at]!);
      const length = match[state]!;
      if (length > 0) addInterval(found, at + 1 - length, at + 1);
    }
    return state;
  }

  #next(state: number, byte: number): number {
    for (;;) {
      if (state < this.#tabled) return this.#tables[(state << 8) | byte]!;
      const child = this.#childAt(state, byte);
      if (child !== 0) return child;
      state = this.#fallback[state]!;
    }
  }

  #childAt(state: number, byte: number): number {
    let child = this.#child[state]!;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#sibling[child]!;
    return child;
  }

  /** States are numbered by depth, so what a state falls back to is linked before it. */
  #link(states: number): void {
    for (let child = this.#child[ROOT]!; child !== 0; child = this.#sibling[child]!) this.#tables[this.#byte[child]!] = child;
    for (let state = ROOT; state < states; state++) {
      const fallback = this.#fallback[state]!;
      if (state !== ROOT) {
        this.#match[state] = Math.max(this.#match[state]!, this.#match[fallback]!);
        if (state < this.#tabled) this.#tables.copyWithin(state << 8, fallback << 8, (fallback + 1) << 8);
      }
      for (let child = this.#child[state]!; child !== 0; child = this.#sibling[child]!) {
        this.#fallback[child] = state === ROOT ? ROOT : this.#next(fallback, this.#byte[child]!);
        if (state < this.#tabled) this.#tables[(state << 8) | this.#byte[child]!] = child;
      }
    }
  }
}

/** Ends come in order, starts may not: a longer match swallows those that began behind it. */
export function addInterval(found: Interval[], from: number, to: number): void {
  for (let last = found.at(-1); last !== undefined && last.to >= from; last = found.at(-1)) {
    from = Math.min(from, last.from);
    found.pop();
  }
  found.push({ from, to });
}

interface Trie {
  readonly states: number;
  readonly longest: number;
  /** States below this number have tables. */
  readonly tabled: number;
  readonly child: Int32Array;
  readonly sibling: Int32Array;
  readonly byte: Uint8Array;
  readonly depth: Int32Array;
  readonly match: Int32Array;
}

/** Level by level over the sorted patterns: those that share a state stand together. */
function buildTrie(patterns: string[]): Trie {
  patterns.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const most = patterns.reduce((sum, { length }) => sum + length, 1);
  const [child, sibling, depth, match] = [new Int32Array(most), new Int32Array(most), new Int32Array(most), new Int32Array(most)];
  const byte = new Uint8Array(most);
  let states = 1;
  let tabled = 1;
  /** The state in which each pattern stands at this level. */
  let level = patterns.map((pattern) => ({ pattern, state: ROOT }));
  for (let at = 0; level.length > 0; at++) {
    let [parent, parentByte, last] = [-1, -1, 0];
    level = level.filter(({ pattern, state }) => {
      if (pattern.length === at) match[state] = at;
      return pattern.length > at;
    });
    for (const entry of level) {
      const next = entry.pattern.charCodeAt(at);
      if (entry.state !== parent || next !== parentByte) {
        if (entry.state === parent) sibling[last] = states;
        else child[entry.state] = states;
        last = states++;
        byte[last] = next;
        depth[last] = at + 1;
        [parent, parentByte] = [entry.state, next];
      }
      entry.state = last;
    }
    if (at < TABLED_DEPTH && states <= MOST_TABLES) tabled = states;
  }
  return { states, tabled, longest: patterns.reduce((longest, { length }) => Math.max(longest, length), 0), child, sibling, byte, depth, match };
}
