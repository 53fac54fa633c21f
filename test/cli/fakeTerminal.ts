/** A terminal that remembers what was written. */
import type { Terminal } from '../../cli/terminal.js';

export interface FakeTerminal extends Terminal { readonly data: string[]; readonly notes: string[] }

/** Without a screen; with `ask` it answers questions so. */
export function fakeTerminal(rest: Partial<Terminal> = {}): FakeTerminal {
  const data: string[] = [];
  const notes: string[] = [];
  return {
    data, notes, live: false, color: false, stderr: process.stderr,
    out: (...lines) => void data.push(...lines),
    note: (...lines) => void notes.push(...lines),
    size: () => ({ width: 80, height: 24 }),
    ...rest,
  };
}
