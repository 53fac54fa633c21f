/** A graph in Graphviz's language (graphviz.org/doc/info/lang.html). Pure. */
import { cleanLine } from '../progress/text.js';
import type { State } from '../states.js';
import type { Graph } from './graph.js';

const COLORS: Readonly<Record<State, string>> = {
  success: '#1a7f37', failure: '#cf222e', cancelled: '#9a6700', skipped: '#8c959f', in_progress: '#0969da', queued: '#59636e', waiting: '#9a6700',
};

export function dot({ name, nodes, groups, edges }: Graph): string {
  const lines = [`digraph ${quote(name)} {`, '  rankdir=LR;', '  node [shape=box, style=rounded, fontname="sans-serif"];'];
  const put = (group: string | undefined, indent: string): void => {
    for (const { id, name: label, detail, state } of nodes.filter((one) => one.group === group)) {
      lines.push(`${indent}${quote(id)} [label=${quote(detail === undefined ? label : `${label}\n${detail}`)}${state === undefined ? '' : `, color="${COLORS[state]}"`}];`);
    }
    for (const inner of groups.filter((one) => one.group === group)) {
      lines.push(`${indent}subgraph ${quote(`cluster ${inner.id}`)} {`, `${indent}  label=${quote(inner.name)};`);
      put(inner.id, `${indent}  `);
      lines.push(`${indent}}`);
    }
  };
  put(undefined, '  ');
  for (const { from, to } of edges) lines.push(`  ${quote(from)} -> ${quote(to)};`);
  return [...lines, '}'].join('\n');
}

/** Graphviz reads `\n` in a label as a line break, and `\\` as a backslash. */
function quote(text: string): string {
  const lines = text.split('\n').map((line) => cleanLine(line, false).replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return `"${lines.join('\\n')}"`;
}
