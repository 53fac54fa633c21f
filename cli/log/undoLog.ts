/** What the undo of a run's steps prints, in the part of the log that is its job's. An undo that prints nothing is not in it. */
import { type StepAddress, undoAddress } from '../../language/ids.js';
import type { UndoRecord } from '../../language/record.js';
import type { ReadLog } from './jobLog.js';
import { LineBuffer } from './lineBuffer.js';
import type { JobPrinter } from './printer.js';

interface Followed { offset: number; readonly name: string; readonly buffer: LineBuffer; begun: boolean }

const PIECE_BYTES = 256 * 1024;

export class UndoLog {
  readonly #open = new Map<StepAddress, Followed>();
  readonly #ended = new Set<StepAddress>();

  constructor(private readonly printer: JobPrinter, private readonly read: ReadLog) {}

  /** What can be seen on this host without asking anybody. */
  look(): void {
    for (const [undo, followed] of this.#open) this.#drain(undo, followed);
  }

  /** What the record says; the log of an undo that has ended is shown whole. */
  see({ address, name, status, conclusion }: UndoRecord): void {
    const undo = undoAddress(address);
    if (status === 'queued' || this.#ended.has(undo)) return;
    const followed = this.#open.get(undo) ?? { offset: 0, name: `Undo ${name}`, buffer: new LineBuffer(), begun: false };
    this.#open.set(undo, followed);
    this.#drain(undo, followed);
    if (status !== 'completed') return;
    this.#open.delete(undo);
    this.#ended.add(undo);
    this.#print(undo, followed, followed.buffer.end());
    if (followed.begun) this.printer.end(undo, followed.name, conclusion ?? 'done');
  }

  #drain(undo: StepAddress, followed: Followed): void {
    for (let chunk = this.read(undo, followed.offset, PIECE_BYTES); chunk !== undefined && chunk.length > 0; chunk = this.read(undo, followed.offset, PIECE_BYTES)) {
      followed.offset += chunk.length;
      this.#print(undo, followed, followed.buffer.push(chunk));
    }
  }

  #print(undo: StepAddress, followed: Followed, lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (!followed.begun) this.printer.begin(followed.name);
    followed.begun = true;
    this.printer.lines(undo, lines);
  }
}
