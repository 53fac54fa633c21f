/** What was measured, as markdown. */
import type { Timed } from './commands.js';

export interface Bounds {
  /** Our median by the plain script's. */
  readonly ratio: number;
  readonly events: number;
  readonly bytes: number;
  readonly residentBytes: number;
}

export interface Results {
  readonly hand: readonly Timed[];
  readonly product: readonly Timed[];
  readonly measured: Bounds;
  readonly bounds: Bounds;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function report({ hand, product, measured, bounds }: Results): string {
  const seconds = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} s`);
  const mid = (timed: readonly Timed[], phase: string): number => median(timed.flatMap(({ phases }) => phases[phase] ?? []));
  const phases = Object.keys(product[0]?.phases ?? {});
  const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row('', ...hand.map((_, i) => `run ${i + 1}`), 'median'),
    row('---', ...hand.map(() => '---'), '---'),
    row('by hand', ...hand.map((timed) => seconds(timed.seconds)), seconds(median(hand.map((timed) => timed.seconds)))),
    row('fleetwright up', ...product.map((timed) => seconds(timed.seconds)), seconds(median(product.map((timed) => timed.seconds)))),
    '',
    row('from the start until', 'by hand', 'fleetwright up'),
    row('---', '---', '---'),
    ...phases.map((phase) => row(phase, seconds(mid(hand, phase)), seconds(mid(product, phase)))),
    '',
    row('', 'measured', 'at most'),
    row('---', '---', '---'),
    row('up by hand', measured.ratio.toFixed(2), bounds.ratio.toFixed(2)),
    row('events of the histories', String(measured.events), String(bounds.events)),
    row('size of the histories', `${Math.round(measured.bytes / 1000)} KB`, `${bounds.bytes / 1000} KB`),
    row('worker and server resident, at their peaks', `${Math.round(measured.residentBytes / 1e6)} MB`, `${bounds.residentBytes / 1e6} MB`),
  ].join('\n');
}
