/** A graph as SVG that stands alone, in light and dark. Every name in it is text. Pure. */
import { escapeHtml } from '../html.js';
import { cleanLine } from '../progress/text.js';
import { MARKS, WORDS } from '../states.js';
import type { Graph } from './graph.js';
import { type Box, layoutOf, type Point } from './layout.js';

const STYLE = `
.jobs text{font:13px system-ui,sans-serif;fill:#1f2328}.jobs .detail{font-size:11px;fill:#59636e}
.jobs rect{fill:#fff;stroke:#8c959f;stroke-width:1.5}.jobs .group rect{fill:none;stroke-dasharray:4}.jobs .group text{font-size:11px;fill:#59636e}
.jobs path{fill:none;stroke:#8c959f;stroke-width:1.5}.jobs marker path{fill:#8c959f;stroke:none}
.jobs .success rect{stroke:#1a7f37}.jobs .success .mark{fill:#1a7f37}.jobs .failure rect{stroke:#cf222e;stroke-width:2.5}.jobs .failure .mark{fill:#cf222e}
.jobs :is(.cancelled,.waiting) rect{stroke:#9a6700}.jobs :is(.cancelled,.waiting) .mark{fill:#9a6700}.jobs .in_progress rect{stroke:#0969da}.jobs .in_progress .mark{fill:#0969da}.jobs .skipped rect{stroke-dasharray:4}
@media (prefers-color-scheme:dark){.jobs text{fill:#e6edf3}.jobs .detail,.jobs .group text{fill:#9198a1}.jobs rect{fill:#161b22;stroke:#656c76}
.jobs .success rect{stroke:#3fb950}.jobs .success .mark{fill:#3fb950}.jobs .failure rect{stroke:#f85149}.jobs .failure .mark{fill:#f85149}.jobs :is(.cancelled,.waiting) rect{stroke:#d29922}.jobs :is(.cancelled,.waiting) .mark{fill:#d29922}.jobs .in_progress rect{stroke:#4493f8}.jobs .in_progress .mark{fill:#4493f8}}`.replaceAll('\n', '');

export interface SvgOptions {
  /** Where a click on a node leads; it is an id, as `#job-1`. @default nowhere */
  readonly href?: (id: string) => string | undefined;
}

export function svg(graph: Graph, { href }: SvgOptions = {}): string {
  const { width, height, nodes, groups, edges } = layoutOf(clean(graph));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="jobs" role="img" aria-label="${escapeHtml(`The jobs of ${clean(graph).name}`)}" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}">`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...groups.map(({ label, box }) => `<g class="group">${rect(box)}<text x="${round(box.x + 8)}" y="${round(box.y + 14)}">${escapeHtml(label)}</text></g>`),
    ...edges.map(({ points }) => `<path d="${curve(points)}" marker-end="url(#arrow)"/>`),
    ...nodes.map(({ node: { id, name, detail, state }, label, box }) => {
      const mark = state === undefined ? '' : `<tspan class="mark">${MARKS[state]}</tspan> `;
      const title = `<title>${escapeHtml(state === undefined ? name : `${name}: ${WORDS[state]}`)}</title>`;
      const more = detail === undefined ? '' : `<text class="detail" x="${round(box.x + 12)}" y="${round(box.y + 40)}">${escapeHtml(detail)}</text>`;
      const shape = `<g class="job${state === undefined ? '' : ` ${state}`}">${title}${rect(box)}<text x="${round(box.x + 12)}" y="${round(box.y + 22)}">${mark}${escapeHtml(label)}</text>${more}</g>`;
      const target = href?.(id);
      return target === undefined ? shape : `<a href="${escapeHtml(target)}">${shape}</a>`;
    }),
    '</svg>',
  ].join('\n');
}

/** Names come from files and expressions. */
function clean(graph: Graph): Graph {
  const named = <T extends { readonly name: string }>(thing: T): T => ({ ...thing, name: cleanLine(thing.name, false) });
  return { ...named(graph), nodes: graph.nodes.map(named), groups: graph.groups.map(named) };
}

function rect({ x, y, width, height }: Box): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6"/>`;
}

/** Through the points, rounded: quadratic curves from middle to middle. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const middles = rest.slice(0, -1).map((point, at) => {
    const next = rest[at + 1]!;
    return `Q${round(point.x)} ${round(point.y)} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return [`M${round(first.x)} ${round(first.y)}`, ...middles, `L${round(last.x)} ${round(last.y)}`].join('');
}

const round = (value: number): number => Math.round(value * 10) / 10;
