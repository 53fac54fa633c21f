/** `fleetwright graph RUN|FILE`: the jobs of a run or of a file, and which of them waits for which. */
import { existsSync } from 'node:fs';
import { cleanLine } from '../progress/text.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { planOfFile } from '../files.js';
import type { CommonFlags } from '../flags.js';
import { type Graph, graphOf } from '../graph/graph.js';
import { planInHistory } from '../runs/planInHistory.js';
import { seeRun } from '../runs/whole.js';
import { RefusedError } from '../errors.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';

export const FORMATS = ['mermaid', 'svg', 'dot'] as const;
export type GraphFormat = (typeof FORMATS)[number];

export interface GraphFlags extends CommonFlags {
  /** @default mermaid */
  readonly format?: GraphFormat;
}

/** @throws InvalidFileError for a file, UsageError when there is no such run, RefusedError for a run without a plan, TemporalUnreachableError */
export async function graph(terminal: Terminal, what: string, flags: GraphFlags): Promise<ExitCode> {
  const made = /\.ya?ml$/.test(what) || (existsSync(what) && !what.includes('#')) ? graphOf(await planOfFile(what)) : await graphOfRun(terminal, what, flags);
  terminal.out(flags.json ? JSON.stringify(made, undefined, 2) : await drawn(made, flags.format ?? 'mermaid'));
  if (made.nodes.length === 0) terminal.note(cleanLine(`${made.name} has no jobs`, false));
  return EXIT.ok;
}

async function drawn(made: Graph, format: GraphFormat): Promise<string> {
  switch (format) {
    case 'mermaid': return (await import('../graph/mermaid.js')).mermaid(made);
    case 'dot': return (await import('../graph/dot.js')).dot(made);
    case 'svg': return (await import('../graph/svg.js')).svg(made);
  }
}

async function graphOfRun(terminal: Terminal, word: string, flags: GraphFlags): Promise<Graph> {
  const session = await openSession(flags, terminal, 'nothing');
  try {
    const { id, record } = await seeRun(session.client, word);
    const plan = await planInHistory(session.client, id);
    if (plan === undefined) throw new RefusedError(`${id} has no plan: its file was not read yet, or is invalid\n  \`fleetwright view\` says how it stands.`);
    return graphOf(plan, record);
  } finally {
    await session.close();
  }
}
