/** Where the nodes of a graph stand and its edges run, by dagre. */
import { createRequire } from 'node:module';
import { fit, visibleWidth } from '../progress/text.js';
import type { Graph, GraphGroup, GraphNode } from './graph.js';

export interface Point { readonly x: number; readonly y: number }
/** Pixels; `x` and `y` are the upper left corner. */
export interface Box extends Point { readonly width: number; readonly height: number }

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The name is cut to fit. */
  readonly nodes: readonly { readonly node: GraphNode; readonly label: string; readonly box: Box }[];
  readonly groups: readonly { readonly group: GraphGroup; readonly label: string; readonly box: Box }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[];
}

/** What we use of dagre. Its own types do not compile under our settings: their imports lack the file endings that Node's resolution needs. */
interface Dagre {
  readonly graphlib: { readonly Graph: new (options: { readonly compound: boolean }) => DagreGraph };
  layout(graph: DagreGraph): void;
}
interface DagreGraph {
  setGraph(settings: Readonly<Record<string, string | number>>): void;
  setDefaultEdgeLabel(make: () => object): void;
  setNode(id: string, size: object): void;
  setParent(id: string, parent: string): void;
  setEdge(from: string, to: string): void;
  graph(): Partial<Box>;
  node(id: string): Box;
  edge(from: string, to: string): { readonly points: readonly Point[] };
}

const dagre = createRequire(import.meta.url)('@dagrejs/dagre') as Dagre;
const CHARACTER = 7.6;
const LONGEST_LABEL = 36;
const ROW = 18;

export function layoutOf({ nodes, groups, edges }: Graph): Layout {
  const graph = new dagre.graphlib.Graph({ compound: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 46, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const filled = groups.filter((group) => holdsNodes(group.id, nodes, groups));
  for (const { id, name } of filled) graph.setNode(id, { label: cut(name), paddingTop: ROW });
  for (const node of nodes) graph.setNode(node.id, sizeOf(node));
  for (const { id, group } of [...nodes, ...filled]) if (group !== undefined) graph.setParent(id, group);
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const boxOf = (id: string): Box => cornered(graph.node(id));
  return {
    width, height,
    nodes: nodes.map((node) => ({ node, label: cut(node.name), box: boxOf(node.id) })),
    groups: filled.map((group) => ({ group, label: cut(group.name), box: boxOf(group.id) })),
    edges: edges.map(({ from, to }) => ({ from, to, points: graph.edge(from, to).points })),
  };
}

/** dagre gives centres. */
function cornered({ x, y, width, height }: Box): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function cut(name: string): string {
  return fit(name, LONGEST_LABEL);
}

function sizeOf({ name, detail }: GraphNode): { readonly width: number; readonly height: number } {
  const columns = Math.max(visibleWidth(cut(name)) + 2, visibleWidth(detail ?? '') * 0.85, 8);
  return { width: Math.round(columns * CHARACTER + 24), height: detail === undefined ? 34 : 34 + ROW };
}

function holdsNodes(id: string, nodes: readonly GraphNode[], groups: readonly GraphGroup[]): boolean {
  return nodes.some(({ group }) => group === id) || groups.some((inner) => inner.group === id && holdsNodes(inner.id, nodes, groups));
}
