/** `fleetwright schedule ...`: runs of a file by the clock. */
import { resolve } from 'node:path';
import { parseWorkflowFile } from '../../language/parse.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { loadPlan } from '../files.js';
import type { CommonFlags } from '../flags.js';
import { parseInputs } from '../inputs.js';
import { moment } from '../schedule/rows.js';
import { createSchedule, listSchedules, onSchedule, type Overlap, type ScheduleRow } from '../schedule/schedules.js';
import { parseCron, parseTimeZone } from '../schedule/when.js';
import { openSession, type Session } from '../session.js';
import { formatTable } from '../tables.js';
import type { Terminal } from '../terminal.js';
import { readText, shownPath } from '../textFiles.js';

export interface ScheduleFlags extends CommonFlags {
  readonly cron?: string;
  readonly timezone?: string;
  readonly input?: readonly string[];
  readonly name?: string;
  readonly overlap?: Overlap;
}

/** @throws UsageError for a time, InvalidFileError for the file or its inputs, RefusedError when the name is taken */
export async function create(terminal: Terminal, file: string, flags: ScheduleFlags): Promise<ExitCode> {
  if (flags.cron === undefined) throw new UsageError("--cron says when: five fields, as in --cron '0 19 * * 1-5'");
  const [cron, timeZone] = [parseCron(flags.cron), parseTimeZone(flags.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)];
  const inputs = parseInputs(flags.input);
  const plan = await loadPlan(file, { inputs });
  const { overlap = 'skip', name = `${plan.type}-${String(plan.inputs['cluster'] ?? 'local')}` } = flags;
  if (!/^[\w.-]{1,80}$/.test(name)) throw new UsageError(`--name ${JSON.stringify(name.slice(0, 80))}: use letters, digits, ".", "_" and "-"`);
  return withSession(flags, terminal, 'worker', async ({ client }) => {
    const next = await createSchedule(client, { name, plan, file: resolve(file), inputs, crons: [cron], timeZone, overlap });
    terminal.out(flags.json ? JSON.stringify({ name, next }, undefined, 2) : `${name} runs ${shownPath(file)} at ${cron}, next at ${moment(next)}`);
    terminal.note(`When it fires while the run before is open: ${overlap}. When the server was down, it makes up for the last 12 hours.`);
    return EXIT.ok;
  });
}

/** Gives each file with `on.schedule` the schedule that it says. @throws InvalidFileError, UsageError when no file has one */
export async function sync(terminal: Terminal, files: readonly string[], flags: ScheduleFlags): Promise<ExitCode> {
  const wanted = await Promise.all(files.map(async (file) => {
    const plan = await loadPlan(file, { inputs: {} });
    const schedules = parseWorkflowFile(await readText(file), shownPath(file)).definition?.triggers.flatMap((trigger) => trigger.schedules ?? []) ?? [];
    return schedules.map(({ cron, timezone }, at) => ({ name: `${plan.type}-on-${at + 1}`, plan, file: resolve(file), inputs: {}, crons: [cron], timeZone: timezone ?? 'UTC', overlap: flags.overlap ?? 'skip' as const }));
  }));
  if (wanted.flat().length === 0) throw new UsageError(`no "on.schedule" in ${files.join(', ')}`);
  return withSession(flags, terminal, 'worker', async ({ client }) => {
    for (const request of wanted.flat()) terminal.out(`${request.name}: ${request.crons.join(', ')} (${request.timeZone}), next at ${moment(await createSchedule(client, request, { replace: true }))}`);
    const types = new Set(wanted.flat().map(({ plan }) => plan.type));
    for (const { name } of await listSchedules(client)) {
      const type = /^(.+)-on-\d+$/.exec(name)?.[1];
      if (type === undefined || !types.has(type) || wanted.flat().some((request) => request.name === name)) continue;
      await onSchedule(client, name, async (handle) => void await handle.delete());
      terminal.out(`${name}: removed, the file has it no more`);
    }
    return EXIT.ok;
  });
}

/** @throws TemporalUnreachableError */
export async function list(terminal: Terminal, flags: ScheduleFlags): Promise<ExitCode> {
  return withSession(flags, terminal, 'server', async ({ client }) => {
    const rows = await listSchedules(client);
    if (flags.json) terminal.out(JSON.stringify(rows, undefined, 2));
    else if (rows.length === 0) terminal.note('no schedule is set');
    else terminal.out(...formatTable(rows.map(tableRow)));
    return EXIT.ok;
  });
}

function tableRow({ name, file, cron, overlap, paused, next, last }: ScheduleRow): Record<string, string> {
  return { name, file: shownPath(file), cron, overlap, next: paused ? 'paused' : next === undefined ? 'never' : moment(next), last: last ?? '' };
}

/** @throws RefusedError when there is no such schedule */
export async function act(terminal: Terminal, name: string, verb: 'pause' | 'unpause' | 'trigger' | 'delete', flags: ScheduleFlags): Promise<ExitCode> {
  return withSession(flags, terminal, verb === 'trigger' ? 'worker' : 'server', async ({ client }) => {
    await onSchedule(client, name, async (handle) => void await handle[verb]());
    terminal.note(`${name} ${{ pause: 'is paused', unpause: 'goes on', trigger: 'fires now', delete: 'is deleted; runs that it began go on' }[verb]}`);
    return EXIT.ok;
  });
}

async function withSession(flags: CommonFlags, terminal: Terminal, needs: 'server' | 'worker', work: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  const session = await openSession(flags, terminal, needs);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
