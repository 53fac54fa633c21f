/** Rows to stdout: a table for a person, JSON for a program. */
import { formatTable, type Row } from '../tables.js';
import type { Terminal } from '../terminal.js';

export function tellRows(terminal: Terminal, { json }: { readonly json?: boolean }, rows: readonly Row[]): void {
  if (json) terminal.out(JSON.stringify(rows, undefined, 2));
  else if (rows.length > 0) terminal.out(...formatTable(rows));
  else terminal.note('There is none.');
}
