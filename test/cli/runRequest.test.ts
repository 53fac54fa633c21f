import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tell } from '../../cli/errors.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { RunFlags } from '../../cli/flags.js';
import { requestRun, type RequestedRun } from '../../cli/runs/request.js';
import { InvalidInputError } from '../../infra/errors.js';
import { parseDotenv } from '../../infra/values/dotenvFile.js';
import type { Terminal } from '../../cli/terminal.js';
import { fakeTerminal } from './fakeTerminal.js';

const CI = `on:
  push: {branches: [main]}
  workflow_dispatch:
    inputs:
      web: {type: number, default: 3}
      note: {type: string}
env: {A: '\${{ vars.A }}'}
jobs:
  build: {runs-on: ubuntu-latest, steps: [{run: 'echo \${{ inputs.note }}'}]}
  test: {runs-on: ubuntu-latest, needs: build, steps: [{run: ':'}]}
`;
let home: string;
let ci: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-request-'));
  ci = file('ci.yml', CI);
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
}

const ask = async (flags: RunFlags = {}, path = ci, terminal: Partial<Terminal> = {}): Promise<RequestedRun> => {
  const requested = await requestRun(fakeTerminal(terminal), path, flags);
  if ('notTriggered' in requested) throw new Error(requested.notTriggered);
  return requested;
};

describe('what a run is asked for', () => {
  it('is a dispatch where the file has it, else a push, else its first event', async () => {
    expect((await ask()).facts.github).toMatchObject({ event_name: 'workflow_dispatch' });
    const of = (on: string): Promise<RequestedRun> => ask({}, file('x.yml', `on: ${on}\njobs: {a: {runs-on: x, steps: [{run: ':'}]}}\n`));
    expect((await of('[release, push]')).facts.github).toMatchObject({ event_name: 'push' });
    expect((await of('[release, issues]')).facts.github).toMatchObject({ event_name: 'release' });
  });

  it('has its values from flags, which go before files, with their line breaks', async () => {
    const { facts, plan, secrets } = await ask({
      input: ['web=5', 'note=a=b\nc'], inputFile: [file('i', 'web=4\nnote=x\n')],
      var: ['A=1'], varFile: [file('v', "A=0\nB='two\nlines'\n")],
      env: ['E=1\n2'], envFile: [file('e', 'F="x\\ny"\n# comment\nexport G=g # more\n')],
      secret: ['tok=s=1'], secretFile: [file('s', 'TOK=no\nKEY="one\ntwo"\n')],
      runner: ['Ubuntu-Latest=core01'], actor: 'ada', workspace: home,
    });
    expect(plan.inputs).toEqual({ web: 5, note: 'a=b\nc' });
    expect(plan.facts?.github['event']).toMatchObject({ inputs: { web: '5', note: 'a=b\nc' } });
    expect(facts).toMatchObject({ vars: { A: '1', B: 'two\nlines' }, env: { E: '1\n2', F: 'x\ny', G: 'g' }, runners: { 'ubuntu-latest': 'core01' }, workspace: home, github: { actor: 'ada' } });
    expect(secrets.given).toEqual({ TOK: 's=1', KEY: 'one\ntwo' });
    expect(JSON.stringify({ facts, plan })).not.toContain('s=1');
  });

  it('has the defaults of a dispatch in github.event.inputs', async () => {
    expect((await ask()).plan.facts?.github['event']).toMatchObject({ inputs: { web: '3', note: '' } });
  });

  it('takes a secret without a value from the environment, or asks for it', async () => {
    vi.stubEnv('MY_TOKEN', 'from the environment');
    vi.stubEnv('FLEETWRIGHT_SECRET_OTHER', 'other');
    const { secrets } = await ask({ secret: ['MY_TOKEN', 'ASKED'] }, ci, { askHidden: async (question) => `answer to ${question}` });
    expect(secrets).toMatchObject({ given: { MY_TOKEN: 'from the environment', ASKED: 'answer to ASKED: ' }, environment: { OTHER: 'other' } });
  });

  it('may be one job with those that it needs', async () => {
    expect((await ask({ job: 'BUILD' })).plan.jobs.map(({ id }) => id)).toEqual(['build']);
    expect((await ask({ job: 'test' })).plan.jobs.map(({ id }) => id)).toEqual(['build', 'test']);
  });

  it('is nothing where the filters of a given event do not take it', async () => {
    const eventPath = file('event.json', '{"ref": "refs/heads/other"}');
    expect(await requestRun(fakeTerminal(), ci, { event: 'push', eventPath })).toMatchObject({ notTriggered: expect.stringContaining('other') });
    expect((await ask({ event: 'push', eventPath: file('main.json', '{"ref": "refs/heads/main"}') })).facts.github).toMatchObject({ ref: 'refs/heads/main' });
  });
});

describe('a wrong flag is one clear error', () => {
  const cases: [string, (() => RunFlags), string][] = [
    ['an input without =', () => ({ input: ['web'] }), '-i "web" is not NAME=VALUE'],
    ['a variable without a name', () => ({ var: ['=x'] }), '--var "" is not NAME=VALUE'],
    ['an env that is no name', () => ({ env: ['A B=x'] }), '--env "A B" is not NAME=VALUE'],
    ['a file of values that is not there', () => ({ varFile: [join(home, 'none')] }), 'cannot be read (there is no such file)'],
    ['a file with a line that is no value', () => ({ envFile: [file('bad', 'A=1\nhunter2\n')] }), 'bad:2: not NAME=VALUE'],
    ['a quote that does not end', () => ({ secretFile: [file('bad', 'A="hunter2\n')] }), 'bad:1: the quote " does not end'],
    ['a secret with a bad name', () => ({ secret: ['GITHUB_X=hunter2'] }), '-s "GITHUB_X" is no name of a secret'],
    ['a secret that is nowhere', () => ({ secret: ['NOT_THERE_AT_ALL'] }), '-s NOT_THERE_AT_ALL has no value'],
    ['a runner without a machine', () => ({ runner: ['x='] }), '--runner x= names no runner'],
    ['a runner that is no name', () => ({ runner: ['x=../y'] }), '--runner: "../y" is not a machine name'],
    ['a job that is not there', () => ({ job: 'buidl' }), 'has build, test; did you mean "build"?'],
    ['an event that the file does not take', () => ({ event: 'pusj' }), 'has push, workflow_dispatch; did you mean "push"?'],
    ['an event file that is none', () => ({ eventPath: file('bad.json', '[') }), '--event-path: the event file'],
    ['a workspace that is not there', () => ({ workspace: join(home, 'none') }), '--workspace'],
    ['an empty actor', () => ({ actor: '' }), '--actor is empty'],
  ];
  it.each(cases)('with exit code 2: %s', async (_, flags, message) => {
    const told = tell(await ask(flags()).catch((error: unknown) => error));
    expect(told.exitCode).toBe(EXIT.usage);
    expect(told.message).toContain(message);
    expect(told.message).not.toContain('hunter2');
  });

  it('with exit code 3 for the file and its inputs', async () => {
    for (const [path, flags] of [[join(home, 'none.yml'), {}], [file('bad.yml', 'on: push\n'), {}], [ci, { input: ['wbe=1'] }], [ci, { input: ['web=many'] }]] as const) {
      expect(tell(await ask(flags, path).catch((error: unknown) => error)).exitCode).toBe(EXIT.invalid);
    }
  });

  it('when secrets would have to leave this host', async () => {
    vi.stubEnv('FLEETWRIGHT_WORKER', 'elsewhere');
    await expect(ask({ secret: ['A=1'] })).rejects.toThrow('secrets do not leave this one');
  });
});

describe('a file of values', () => {
  it.each([
    ['A=1\r\nB=2\r', { A: '1', B: '2' }],
    ['\ufeffA=1', { A: '1' }],
    ['A="a # b" # c\nB=\'$X\'\nC=`"q"`\n', { A: 'a # b', B: '$X', C: '"q"' }],
    ['A="say \\"hi\\"\nthere"\nB=2', { A: 'say \\"hi\\"\nthere', B: '2' }],
    ['A=\nB: yaml\n', { A: '', B: 'yaml' }],
    ['A=x=y\nA=z', { A: 'z' }],
  ])('%j', (text, values) => {
    expect(parseDotenv(text, 'f')).toEqual(values);
  });

  it.each([['A', 'f:1'], ['\n\nA B', 'f:3'], ["A='x\nB=1", 'f:1'], ['A="1\n2"\n3\n', 'f:3']])('with a mistake names its line: %j', (text, where) => {
    expect(() => parseDotenv(text, 'f')).toThrow(InvalidInputError);
    expect(() => parseDotenv(text, 'f')).toThrow(`${where}: `);
  });
});
