/** A graph as Mermaid's flowchart (mermaid.js.org/syntax/flowchart.html), which GitHub shows in Markdown. Pure. */
import { cleanLine } from '../progress/text.js';
import type { State } from '../states.js';
import type { Graph } from './graph.js';

const CLASSES: Readonly<Record<State, string>> = {
  success: 'fill:#dafbe1,stroke:#1a7f37,color:#1f2328',
  failure: 'fill:#ffebe9,stroke:#cf222e,color:#1f2328',
  cancelled: 'fill:#fff8c5,stroke:#9a6700,color:#1f2328',
  skipped: 'fill:#f6f8fa,stroke:#8c959f,color:#59636e,stroke-dasharray:4',
  in_progress: 'fill:#ddf4ff,stroke:#0969da,color:#1f2328',
  waiting: 'fill:#fff8c5,stroke:#9a6700,color:#1f2328',
  queued: 'fill:#f6f8fa,stroke:#8c959f,color:#1f2328',
};

export function mermaid({ nodes, groups, edges }: Graph): string {
  const ids = new Map([...nodes, ...groups].map(({ id }, at) => [id, `j${at + 1}`]));
  const lines = ['flowchart LR'];
  const put = (group: string | undefined, indent: string): void => {
    for (const node of nodes.filter((one) => one.group === group)) {
      const label = node.detail === undefined ? text(node.name) : `${text(node.name)}<br>${text(node.detail)}`;
      lines.push(`${indent}${ids.get(node.id)}["${label}"]${node.state === undefined ? '' : `:::${node.state}`}`);
    }
    for (const inner of groups.filter((one) => one.group === group)) {
      lines.push(`${indent}subgraph ${ids.get(inner.id)}["${text(inner.name)}"]`);
      put(inner.id, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  put(undefined, '  ');
  for (const { from, to } of edges) lines.push(`  ${ids.get(from)} --> ${ids.get(to)}`);
  const states = [...new Set(nodes.flatMap(({ state }) => state ?? []))];
  for (const state of states) lines.push(`  classDef ${state} ${CLASSES[state]}`);
  return lines.join('\n');
}

/** Mermaid's entity codes are `#35;`. */
function text(name: string): string {
  return cleanLine(name, false).replace(/[^\p{L}\p{N} ,.()/:_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
