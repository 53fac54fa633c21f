/** `fleetwright report RUN`: the run as one HTML page. */
import { writeFile } from 'node:fs/promises';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { PermanentError } from '../../infra/errors.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { type PageInput, pageHtml } from '../page/page.js';
import { earlierRecords } from '../runs/attempts.js';
import { planInHistory } from '../runs/planInHistory.js';
import { saidBy, seeRun } from '../runs/whole.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';
import { workerIsElsewhere } from '../worker.js';

export interface ReportFlags extends CommonFlags {
  /** `-` is stdout. @default `<the run's id>.html` here, with what a file name should not have as dashes */
  readonly output?: string;
}

/** Bytes of all logs together; a run of many steps shows less of each. */
const ALL_LOGS = 8 * 1024 * 1024;
const MOST_OF_A_STEP = 512 * 1024;
const LEAST_OF_A_STEP = 16 * 1024;

/** @throws UsageError when there is no such run, TemporalUnreachableError, PermanentError when the file cannot be written */
export async function report(terminal: Terminal, word: string | undefined, flags: ReportFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'nothing');
  try {
    const seen = await seeRun(session.client, word);
    const plan = await planInHistory(session.client, seen.id);
    const url = session.url(seen.id);
    const page = pageHtml({
      record: seen.record, earlier: await earlierRecords(session.client, seen), said: saidBy(seen.id), now: Date.now(),
      log: workerIsElsewhere() ? () => undefined : logsOf(seen.id, seen.record),
      ...(plan === undefined ? {} : { plan }), ...(url === undefined ? {} : { url }),
    });
    return await put(terminal, page, flags.output ?? `${seen.id.replace(/[^\w.-]+/g, '-')}.html`, flags.json === true);
  } finally {
    await session.close();
  }
}

async function put(terminal: Terminal, page: string, file: string, json: boolean): Promise<ExitCode> {
  if (file === '-') {
    terminal.out(page);
    return EXIT.ok;
  }
  await writeFile(file, page).catch((error: unknown) => {
    throw new PermanentError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`, 'Name another file with -o; -o - prints the page.');
  });
  terminal.out(json ? JSON.stringify({ file, bytes: Buffer.byteLength(page) }, undefined, 2) : file);
  return EXIT.ok;
}

/** The last part of each step's log, from the beginning of a line. */
function logsOf(run: RunId, { jobs }: Pick<ProgressRecord, 'jobs'>): PageInput['log'] {
  const store = fileLogStore();
  const steps = jobs.reduce((count, job) => count + job.steps.length, 0);
  const most = Math.max(LEAST_OF_A_STEP, Math.min(MOST_OF_A_STEP, Math.floor(ALL_LOGS / Math.max(1, steps))));
  return (job: string, step: StepAddress) => {
    const id = { run, job, step };
    const size = store.size(id);
    const from = Math.max(0, size - most);
    const bytes = store.read(id, from, most);
    if (bytes === undefined || from === 0) return bytes === undefined ? undefined : { bytes, left: 0 };
    const line = bytes.indexOf(0x0a) + 1;
    return { bytes: bytes.subarray(line), left: from + line };
  };
}
