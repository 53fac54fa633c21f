/** Runs for the tests of the page: an ordinary one, one whose every text is hostile, and a long one. */
import type { PageInput } from '../../cli/page/page.js';
import type { JobPlan, Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import { job, record, START, step } from './records.js';

export function planOf(jobs: Readonly<Record<string, readonly string[]>>): Plan {
  const made = Object.entries(jobs).map(([id, needs]) => ({ id, name: id, needs, runsOn: 'worker', env: {}, defaults: {}, timeoutMinutes: 360, continueOnError: false, outputs: {}, steps: [] }) as unknown as JobPlan);
  return { version: 1, type: 'ci', name: 'ci', file: 'ci.yml', inputs: {}, env: {}, onFailure: 'undo', jobs: made };
}

const ORDINARY_LOG = [
  '##[group]Install', 'added 12 packages', '##[endgroup]', '\x1b[32mgreen\x1b[0m and \x1b[1;31mbold red\x1b[0m', '##[warning]unused x', '2030-01-02T10:00:14.000Z try 2 of 3', 'needle in the log', '##[error]expected 2', '',
].join('\n');

export const ordinary: PageInput = {
  record: record({
    status: 'completed', conclusion: 'failure', endedAt: START + 30_000, attempt: 1, inputs: { cluster: 'demo', web: 10 },
    jobs: [
      job('build', 'Build', [step('build/1', 'Compile', { from: 0, to: 12 }), step('build/2', 'Pack', { from: 12, to: 13, outputs: { endpoints: '[{"UNIT":"web@01.service","ADDRESS":"http://10.0.0.1:18001"}]' } })], { from: 0, to: 13 }),
      job('test', 'Test', [
        step('test/1', 'Unit tests', { from: 13, to: 30, outcome: 'failure', conclusion: 'failure', error: 'the process exited with 3' }),
        step('test/2', 'Never', { from: 30, to: 30, outcome: 'skipped', conclusion: 'skipped' }),
      ], { from: 13, to: 30, conclusion: 'failure', result: 'failure' }),
    ],
  }),
  earlier: [], plan: planOf({ build: [], test: ['build'] }), now: START + 60_000, url: 'http://127.0.0.1:8233/namespaces/default/workflows/x',
  said: {
    annotations: [{ job: 'test', step: 'test/1' as never, level: 'error', message: 'expected 2', file: 'src/b.ts', line: 7 }],
    summaries: [{ job: 'build', step: 'build/1', markdown: '### Built **well**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<details><summary>more</summary>\n\nhidden words\n\n</details>\n' }],
  },
  log: (_, address) => (address === 'test/1' ? { bytes: Buffer.from(ORDINARY_LOG), left: 0 } : address === 'build/1' ? { bytes: Buffer.from('compiled\n'), left: 4000 } : undefined),
};

/** Each would set `window.hacked`, or break out of where it stands. */
const ATTACKS = ['<script>window.hacked=1</script>', '"><img src=x onerror=window.hacked=1>', "'-alert(1)-'", '</title></style></script><svg onload=window.hacked=1>', 'javascript:window.hacked=1', ']]>--><!--', '\u202eevil', '\x1b]8;;javascript:window.hacked=1\x07link\x1b]8;;\x07', '\x1b[31m<b onmouseover=window.hacked=1>', '${window.hacked=1}'];
export const HOSTILE = ATTACKS.join(' ');
const HOSTILE_MARKDOWN = [
  ...ATTACKS, '[click](javascript:window.hacked=1)', '<a href="javascript:window.hacked=1">a</a>', '<img src="http://127.0.0.1:1/x.png" onerror="window.hacked=1">', '<iframe src="data:text/html,<script>parent.hacked=1</script>"></iframe>',
  '<style>body{display:none}</style>', '<form action="http://127.0.0.1:1/"><input name=a></form>', '<details open ontoggle="window.hacked=1">x</details>', '![x](data:text/html;base64,PHNjcmlwdD4=)', '<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s>', '<math><mtext></form><form><mglyph><style></math><img src onerror=window.hacked=1>',
].join('\n\n');

export const hostile: PageInput = {
  ...ordinary,
  record: record({
    name: HOSTILE, file: HOSTILE, run: `ci/${HOSTILE}#1` as ProgressRecord['run'], inputs: { [HOSTILE]: HOSTILE }, status: 'completed', conclusion: 'failure', error: HOSTILE, endedAt: START + 1000,
    jobs: [job(HOSTILE, HOSTILE, [step(`${HOSTILE}/1`, HOSTILE, { from: 0, to: 1, outcome: 'failure', conclusion: 'failure', error: HOSTILE, outputs: { endpoints: JSON.stringify([{ [HOSTILE]: HOSTILE, ADDRESS: 'javascript:window.hacked=1' }]) } })], { from: 0, to: 1, error: HOSTILE, result: 'failure', conclusion: 'failure' })],
  }),
  plan: planOf({ [HOSTILE]: [] }),
  said: { annotations: [{ job: HOSTILE, step: `${HOSTILE}/1` as never, level: 'error', message: HOSTILE, title: HOSTILE, file: HOSTILE, line: 1 }], summaries: [{ job: HOSTILE, step: `${HOSTILE}/1`, markdown: HOSTILE_MARKDOWN }] },
  log: () => ({ bytes: Buffer.from([...ATTACKS, `##[group]${HOSTILE}`, HOSTILE, '##[endgroup]', `##[error]${HOSTILE}`, Buffer.from([0xff, 0xfe, 0x00, 0x0a]).toString('latin1')].join('\n')), left: 0 }),
};

const MANY_JOBS = 30;
const STEPS_OF_A_JOB = 10;

/** 300 steps, each with 40 lines. */
export const long: PageInput = {
  ...ordinary,
  record: record({
    status: 'completed', conclusion: 'success', endedAt: START + 300_000,
    jobs: Array.from({ length: MANY_JOBS }, (_, at) => job(`j${at}`, `Job number ${at}`, Array.from({ length: STEPS_OF_A_JOB }, (__, n) => step(`j${at}/${n + 1}`, `Step ${n + 1} of job ${at}`, { from: at * 10 + n, to: at * 10 + n + 1 })), { from: at * 10, to: at * 10 + 10 })),
  }),
  plan: planOf(Object.fromEntries(Array.from({ length: MANY_JOBS }, (_, at) => [`j${at}`, at < 3 ? [] : [`j${at - 3}`]]))),
  said: { annotations: [], summaries: [] },
  log: (_, address) => ({ bytes: Buffer.from(Array.from({ length: 40 }, (__, line) => `line ${line} of ${address}: ${'words '.repeat(8)}`).join('\n')), left: 0 }),
};
