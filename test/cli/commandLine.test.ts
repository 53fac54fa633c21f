import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../cli/completion.js';
import { InvalidFileError, tell, UsageError } from '../../cli/errors.js';
import { loadPlan } from '../../cli/files.js';
import { parseInputs, upInputs } from '../../cli/inputs.js';
import { buildProgram, isHelp } from '../../cli/program.js';
import type { Action } from '../../cli/programParts.js';
import { matchRuns, nextNumber } from '../../cli/runs/names.js';
import { settingsOf } from '../../cli/session.js';
import { terminalOf } from '../../cli/terminal.js';
import { InvalidInputError, PermanentError } from '../../infra/errors.js';
import { packagePath } from '../../infra/paths.js';
import { TemporalUnreachableError } from '../../infra/temporal/reach.js';

async function parse(...args: string[]): Promise<{ error?: CommanderError; text: string; action?: Action }> {
  let text = '';
  let action: Action | undefined;
  const program = buildProgram('1.2.3', (chosen) => { action = chosen; });
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: (part) => { text += part; }, writeErr: (part) => { text += part; } });
  try {
    await program.parseAsync(['node', 'fleetwright', ...args]);
    return { text, ...(action ? { action } : {}) };
  } catch (error) {
    if (error instanceof CommanderError) return { error, text };
    throw error;
  }
}

describe('the command line', () => {
  it.each([['up'], ['down'], ['status'], ['run', 'x.yml'], ['validate', 'a.yml', 'b.yml'], ['watch'], ['watch', 'deploy/demo#7'], ['resume', 'latest'], ['cancel', '#7'], ['doctor'], ['stop', '--all'], ['completion', 'bash'], ['runs', '--limit', '3'], ['plan', 'a.yml', '--live'], ['undo', 'latest', '--to', 'a/1'], ['view'], ['logs', '-f', '--job', 'a'], ['graph', 'a.yml', '--format', 'dot'], ['report', '-o', 'x.html'], ['machines'], ['ssh', 'core01', '--', 'ls', '-l'], ['etcd', 'ls'], ['journal', 'db', '-f']])('takes %s %s', async (...args) => {
    expect((await parse(...args)).action).toBeTypeOf('function');
  });

  it('says how a wrong flag or command is written, and that is a usage error', async () => {
    const flag = await parse('up', '--macines', '3');
    expect(flag.text).toContain('--machines');
    expect(flag.error && isHelp(flag.error)).toBe(false);
    expect((await parse('upp')).text).toContain('Did you mean up?');
    expect((await parse('up', '--on-failure', 'shrug')).text).toContain('Allowed choices are undo, keep');
    expect((await parse('up', 'extra')).error?.code).toBe('commander.excessArguments');
  });

  it('has help with examples for every command', async () => {
    const program = buildProgram('1', () => undefined);
    for (const command of program.commands.map((each) => each.name())) {
      const { text, error } = await parse(command, '--help');
      expect(error && isHelp(error), command).toBe(true);
      expect(text, command).toContain(`Examples:\n  fleetwright ${command}`);
    }
    expect((await parse('--version')).text).toBe('1.2.3\n');
  });
});

describe('errors', () => {
  it.each([
    [new UsageError('x'), 2],
    [new InvalidInputError('x', 'y'), 3],
    [new TemporalUnreachableError('x', 'y'), 4],
    [Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'gone' }), 4],
    [new Error('wrapped', { cause: Object.assign(new Error('x'), { code: 14, details: 'gone' }) }), 4],
    [new PermanentError('x', 'y'), 1],
    ['a string', 1],
  ] as const)('%s has its exit code', (error, exitCode) => {
    expect(tell(error).exitCode).toBe(exitCode);
  });

  it('are one message with its remedy, without a stack unless asked for, and draw nothing on the terminal', () => {
    expect(tell(new PermanentError('no\x1b[2J Docker', 'Install it.')).message).toBe('no Docker\n  Install it.');
    expect(tell(new Error('boom')).message).toBe('boom');
    expect(tell(new Error('boom'), true).message).toContain('commandLine.test.ts');
  });
});

describe('inputs', () => {
  it('come from flags, and from -i for the rest', () => {
    expect(upInputs({ cluster: 'blue', web: '12', cache: false, input: ['machines=5', 'discovery-url=http://x/?a=b'] }))
      .toEqual({ cluster: 'blue', web: '12', 'no-cache': 'true', machines: '5', 'discovery-url': 'http://x/?a=b' });
    expect(upInputs({ cache: true })).toEqual({});
    expect(() => parseInputs(['web'])).toThrow(UsageError);
    expect(() => parseInputs(['=3'])).toThrow(UsageError);
  });

  it('of a deploy are judged all at once, with file and line', async () => {
    const load = loadPlan(packagePath('deployments', 'deploy.yml'), {
      inputs: { cluster: 'a;reboot', machines: '2', web: 'four', provider: 'mars', colour: 'red', 'ssh-key': '/no/such/key', 'discovery-url': 'file:///etc/passwd' },
    });
    const { message } = await load.then(() => expect.unreachable(), (error: Error) => error);
    for (const part of ['cluster: "a;reboot"', 'machines: 2', 'web: "four"', 'provider: "mars"', 'input "colour"', 'ssh-key: the SSH key /no/such/key does not exist', 'discovery-url: "file:///etc/passwd"']) expect(message).toContain(part);
    expect(message).toMatch(/^deployments\/deploy\.yml:\d+:\d+: /);
    expect(tell(new InvalidFileError(message)).exitCode).toBe(3);
  });

  it('for ports must be ports', () => {
    expect(settingsOf({ temporalPort: '17233' }, {})).toMatchObject({ address: '127.0.0.1:17233', own: true });
    expect(() => settingsOf({ uiPort: '99999' }, {})).toThrow(UsageError);
  });
});

describe('names of runs', () => {
  const ids = ['teardown/demo#2', 'deploy/demo#17', 'deploy/demo#7', 'deploy/blue#7', 'nightly'];

  it('are found by their end at a border', () => {
    expect(matchRuns(ids, 'latest')).toEqual(['teardown/demo#2']);
    expect(matchRuns(ids, 'demo#7')).toEqual(['deploy/demo#7']);
    expect(matchRuns(ids, '#7')).toEqual(['deploy/demo#7', 'deploy/blue#7']);
    expect(matchRuns(ids, '17')).toEqual(['deploy/demo#17']);
    expect(matchRuns(ids, 'nightly')).toEqual(['nightly']);
    expect(matchRuns(ids, 'emo#7')).toEqual([]);
  });

  it('count on from the highest', () => {
    expect(nextNumber(ids, 'deploy/demo#')).toBe(18);
    expect(nextNumber([], 'deploy/demo#')).toBe(1);
  });
});

describe('the terminal', () => {
  const streams = (isTTY: boolean) => ({ stdin: { isTTY }, stdout: {}, stderr: { isTTY, columns: 100, rows: 30 } }) as never;

  it('is drawn on where it can be, in colours unless they are unwanted', () => {
    expect(terminalOf(streams(true), {})).toMatchObject({ live: true, color: true });
    expect(terminalOf(streams(true), { NO_COLOR: '1' })).toMatchObject({ live: true, color: false });
    expect(terminalOf(streams(true), { TERM: 'dumb' })).toMatchObject({ live: false, color: false });
    expect(terminalOf(streams(false), {})).toMatchObject({ live: false, color: false });
    expect(terminalOf(streams(false), {}).ask).toBeUndefined();
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'] as const)('of %s knows every command and its flags', (shell) => {
    const script = completionScript(shell, buildProgram('1', () => undefined));
    for (const word of ['up', 'down', 'status', 'run', 'validate', 'watch', 'resume', 'cancel', 'doctor', 'stop', 'completion', 'discovery-url', 'undo keep', 'timezone']) expect(script).toContain(word);
  });
});
