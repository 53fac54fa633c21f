/** Shows a run's progress on stderr: a live tree on a terminal, a line a change elsewhere. */
import { createLogUpdate } from 'log-update';
import type { StepAddress } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import type { SeenRecord } from '../runs/hostWait.js';
import type { Terminal } from '../terminal.js';
import { plainLines } from './plain.js';
import { fit } from './text.js';
import { renderTree } from './tree.js';
import { TROUBLES } from './trouble.js';
import type { Trouble } from './watcher.js';

export interface Screen {
  show(record: SeenRecord): void;
  trouble(trouble: Trouble | undefined): void;
  /** Leaves the last picture where it is and draws no more until `resume`. */
  pause(): void;
  resume(): void;
  /** Draws the end and gives the terminal back. */
  finish(record?: ProgressRecord): void;
}

const FRAME_MS = 100;

/** @param lastLine the last log line of a running step, where it is known */
export function screenFor(terminal: Terminal, lastLine?: (step: StepAddress) => string | undefined): Screen {
  return terminal.live ? liveScreen(terminal, lastLine) : plainScreen(terminal);
}

function plainScreen(terminal: Terminal): Screen {
  let previous: SeenRecord | undefined;
  let troubled: Trouble | undefined;
  const show = (record: SeenRecord): void => {
    terminal.note(...plainLines(previous, record, { now: Date.now() }));
    previous = record;
  };
  return {
    show,
    trouble: (trouble) => {
      if (trouble !== troubled) terminal.note(trouble === undefined ? 'connected again' : TROUBLES[trouble]);
      troubled = trouble;
    },
    pause: () => undefined,
    resume: () => undefined,
    finish: (record) => { if (record !== undefined) show(record); },
  };
}

function liveScreen(terminal: Terminal, lastLine?: (step: StepAddress) => string | undefined): Screen {
  const draw = createLogUpdate(terminal.stderr);
  let record: SeenRecord | undefined;
  let troubled: Trouble | undefined;
  let spinnerFrame = 0;
  let timer: NodeJS.Timeout | undefined;
  const lines = (maxLines?: number): string[] => {
    const { width } = terminal.size();
    const options = { now: Date.now(), width: width - 1, color: terminal.color, spinnerFrame, ...(lastLine ? { lastLine } : {}), ...(maxLines ? { maxLines } : {}) };
    const tree = record === undefined ? [] : renderTree(record, options);
    return troubled === undefined ? tree : [...tree, fit(TROUBLES[troubled], width - 1)];
  };
  const frame = (): void => { spinnerFrame += 1; draw(lines(Math.max(4, terminal.size().height - 2)).join('\n')); };
  const resume = (): void => { timer ??= setInterval(frame, FRAME_MS); };
  const pause = (): void => { clearInterval(timer); timer = undefined; draw.done(); };
  resume();
  return {
    show: (next) => { record = next; },
    trouble: (trouble) => { troubled = trouble; },
    pause,
    resume,
    finish: (end) => {
      if (timer === undefined && end === undefined) return terminal.note(''); // below the question that nobody answered
      clearInterval(timer);
      timer = undefined;
      record = end ?? record;
      troubled = undefined;
      draw.clear();
      terminal.note(...lines()); // the whole tree: it may be taller than the terminal now, it scrolls
      draw.done();
    },
  };
}
