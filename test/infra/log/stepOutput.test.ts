import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../infra/errors.js';
import type { Annotation } from '../../../infra/log/annotation.js';
import { Masker } from '../../../infra/log/masker.js';
import { ProblemMatchers } from '../../../infra/log/matchers.js';
import { createStepOutput, type StepOutputOptions, type StepOutputResult } from '../../../infra/log/stepOutput.js';

interface Seen {
  /** One character a byte. */
  readonly log: string;
  readonly annotations: readonly Annotation[];
  readonly result: StepOutputResult;
  readonly written: number;
}

const MATCHER = JSON.stringify({ problemMatcher: [{ owner: 'm', pattern: [{ regexp: '^(\\w+):(\\d+): (.*)$', file: 1, line: 2, message: 3 }] }] });

/** Each line of the output in UTF-8, in chunks of these sizes over and over. */
async function send(output: string | Buffer, options: Partial<StepOutputOptions> = {}, sizes: readonly number[] = [1e9]): Promise<Seen> {
  const log: Buffer[] = [];
  const annotations: Annotation[] = [];
  const step = createStepOutput({
    masker: new Masker(), matchers: new ProblemMatchers(), debug: false, workspace: '/work', readFile: () => Promise.resolve(MATCHER),
    sink: { write: (chunk) => void log.push(Buffer.from(chunk)), annotate: (annotation) => void annotations.push(annotation) }, ...options,
  });
  const bytes = Buffer.from(output);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    await step.push(chunk);
    chunk.fill(0x58); // it is the caller's again
    at += size;
  }
  const result = await step.end();
  return { log: Buffer.concat(log).toString('latin1'), annotations, result, written: step.written };
}

function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}

describe('the output of a step', () => {
  it('without commands is kept as it came: bytes that are no UTF-8, NUL, all line breaks', async () => {
    const bytes = Buffer.from([0, 0xff, 0xc3, 10, 13, 13, 10, 58, 58, 10, 35, 35, 91, 10, 32, 32]);
    expect((await send(bytes, {}, [3])).log).toBe(bytes.toString('latin1'));
  });

  it('keeps groups, debug lines and annotations so that a viewer finds them, and drops commands that say nothing', async () => {
    const { log } = await send(lines('a', '::group::My 100%25 group', 'in it', '::endgroup::', '::error file=/work/a.js::bad', '::warning::careful%0Atwo lines', '::notice::look', '::debug::deep', '::set-output name=a::1', 'z'));
    expect(log).toBe(lines('a', '##[group]My 100% group', 'in it', '##[endgroup]', '##[error]bad', '##[warning]careful', 'two lines', '##[notice]look',
      '##[warning]The `set-output` command is deprecated. Write to the file GITHUB_OUTPUT instead.', 'z'));
  });

  it('shows debug lines only when they are asked for, and what it is told from the start then', async () => {
    const bytes = lines('::debug::deep%0Adown', '::error::bad', '::group::a%25', '::echo::off', '::endgroup::');
    expect((await send(bytes)).log).toBe(lines('##[error]bad', '##[group]a%', '##[endgroup]'));
    expect((await send(bytes, { debug: true })).log).toBe(lines('##[debug]deep', '##[debug]down', '##[error]bad', '::group::a%25', '##[group]a%', '::echo::off', '##[endgroup]'));
  });

  it('takes a command at the end of its last line, with any line break', async () => {
    expect((await send('a\r\n::notice::b\r\nc\r::notice::d\r\r\ne\n::notice::f')).log).toBe('a\r\n##[notice]b\nc\r##[notice]d\n\r\ne\n##[notice]f\n');
  });

  it('keeps what stands before a command in its line', async () => {
    expect((await send(lines('12:00 ##[error]bad', '12:01 ##[add-mask]hunter22', 'hunter22'))).log).toBe(lines('12:00 ##[error]bad', '12:01 ', '***'));
  });
});

describe('annotations', () => {
  it('have the place that the command gives, relative to the workspace', async () => {
    const { result, annotations } = await send(lines('::error file=/work/src/a.js,line=3,endLine=3,col=2,endColumn=5,title=A%3A B::bad', '::warning file=/else/b.js,line=7,endLine=2::range', '::notice endLine=4,col=1::end', '::error file=/workshop/c.js,line=1,endLine=2,col=3::lines'));
    expect(result.annotations).toEqual([
      { level: 'error', message: 'bad', title: 'A: B', file: 'src/a.js', line: 3, endLine: 3, column: 2, endColumn: 5 },
      { level: 'warning', message: 'range', file: '/else/b.js' }, { level: 'notice', message: 'end', line: 4, endLine: 4, column: 1 },
      { level: 'error', message: 'lines', file: '/workshop/c.js', line: 1, endLine: 2 },
    ]);
    expect(annotations).toEqual(result.annotations);
  });

  it('are at most ten a level in the result, and all of them in the store', async () => {
    const { result, annotations } = await send(`${'::error::e\n'.repeat(25)}${'::notice::n\n'.repeat(12)}`);
    expect(result.annotations.map(({ level }) => level)).toEqual([...Array(10).fill('error'), ...Array(10).fill('notice')]);
    expect(annotations).toHaveLength(37);
  });

  it('hold no secret, and no more than 4096 characters', async () => {
    const masker = new Masker();
    masker.add('hunter22');
    const { result, log } = await send(`::error title=hunter22,file=hunter22.js::hunter22 ${'x'.repeat(5000)}\n`, { masker });
    expect(result.annotations[0]).toMatchObject({ title: '***', file: '***.js', message: `*** ${'x'.repeat(4092)}` });
    expect(log).toHaveLength('##[error]*** \n'.length + 5000);
  });
});

describe('masks', () => {
  it('added by a step hold from then on, are told, and are never shown', async () => {
    const told: string[] = [];
    const { log } = await send(lines('hunter22', '::add-mask::hunter22', 'hunter22', '::echo::on', '::add-mask::swordfish', 'swordfish'), { onMask: (secret) => void told.push(secret) });
    expect(log).toBe(lines('hunter22', '***', '::add-mask::***', '***'));
    expect(told).toEqual(['hunter22', 'swordfish']);
  });

  it('of several lines hide each', async () => expect((await send(lines('::add-mask::first line%0Asecond line', 'a second line'))).log).toBe(lines('a ***')));

  it('that are empty or too short are refused with a warning', async () => {
    const { log, result } = await send(lines('::add-mask::', '::add-mask::abc', 'abc'));
    expect(log).toMatch(/^##\[warning\].*empty.*\n##\[warning\].*too short.*\nabc\n$/);
    expect(log.match(/abc/g)).toHaveLength(1);
    expect(result.failure).toBeUndefined();
  });

  it('hide what is printed as an output, which the result has as it is', async () => {
    const { result, log } = await send(lines('::add-mask::hunter22', '::echo::on', '::set-output name=password::hunter22'));
    expect(result.outputs).toEqual({ password: 'hunter22' });
    expect(log).not.toContain('hunter22');
  });
});

describe('stopped commands', () => {
  it('are output until their token, in any case', async () => {
    const { log, result } = await send(lines('::stop-commands::tok1', '::error::no', '##[set-output name=a]b', '::TOK1::', '::notice::yes'));
    expect(log).toBe(lines('::stop-commands::tok1', '::error::no', '##[set-output name=a]b', '::TOK1::', '##[notice]yes'));
    expect(result).toMatchObject({ outputs: {}, annotations: [{ message: 'yes' }] });
  });

  it('hide a long token', async () => expect((await send(lines('::stop-commands::0123456789', 'x'))).log).toBe(lines('::stop-commands::***', 'x')));

  it.each(['', 'error', 'Pause-Logging'])('are refused with the token %j', async (token) => {
    const { result } = await send(lines(`::stop-commands::${token}`, '::set-output name=a::b'));
    expect(result.failure).toMatch(/^The command ::stop-commands:: failed: Its token must not/);
    expect(result.outputs).toEqual({ a: 'b' });
  });
});

describe('commands that set something', () => {
  it('give outputs and state, with one warning each, whatever their names', async () => {
    const { result } = await send(lines('::set-output name=a::1', '::set-output name=a::2', '::set-output name=__proto__::3', '::save-state name=s::4'));
    expect(result.outputs).toEqual(JSON.parse('{"a":"2","__proto__":"3"}'));
    expect(result.state).toEqual({ s: '4' });
    expect(result.annotations.map(({ level, message }) => [level, message.split(' ')[1]])).toEqual([['warning', '`set-output`'], ['warning', '`save-state`']]);
  });

  it('fail the step without a name', async () => expect((await send('::set-output::1\n')).result.failure).toMatch(/set-output:: failed: It needs "name"/));

  it.each(['::set-env name=A::b', '::add-path::/bin'])('of the environment fail the step: %s', async (command) => {
    const { result, log } = await send(lines(command, 'goes on'));
    expect(result).toMatchObject({ env: {}, path: [], failure: expect.stringMatching(/command is disabled.*ACTIONS_ALLOW_UNSECURE_COMMANDS/) });
    expect(log).toMatch(/^##\[error\].*disabled.*\ngoes on\n$/);
  });

  it('of the environment work where they are allowed, but for NODE_OPTIONS', async () => {
    const { result } = await send(lines('::set-env name=A::b', '::set-env name=node_options::c', '::add-path::/a', '::add-path::/b', '::add-path::/a'), { allowUnsecureCommands: true });
    expect(result).toMatchObject({ env: { A: 'b' }, path: ['/a', '/b'], annotations: [{ level: 'error', message: expect.stringContaining("Can't update node_options") }] });
    expect(result.failure).toBeUndefined();
  });

  it('are shown with echo on, and not with echo off; any other value fails the step', async () => {
    const { log, result } = await send(lines('::echo::on', '::save-state name=a::1', '::echo::off', '::save-state name=b::2', '::echo::maybe'));
    expect(log.split('\n').filter((line) => line.startsWith('::'))).toEqual(['::save-state name=a::1', '::echo::off']);
    expect(result.failure).toMatch(/"on" or "off", and not "maybe"/);
  });
});

describe('problem matchers', () => {
  const output = lines('a:1: before', '::add-matcher::dir/m.json', '\x1b[31ma:2\x1b[0m: found', 'no', 'b:3: too', '::remove-matcher owner=M::', 'a:4: after');

  it('take lines from where they are added to where they are removed, without their colours', async () => {
    const paths: string[] = [];
    const { log, result } = await send(output, { readFile: (path) => { paths.push(path); return MATCHER; } });
    expect(log).toBe(lines('a:1: before', '##[error]a:2: found', 'no', '##[error]b:3: too', 'a:4: after'));
    expect(result.annotations).toEqual([{ level: 'error', message: 'found', file: 'a', line: 2 }, { level: 'error', message: 'too', file: 'b', line: 3 }]);
    expect(paths).toEqual(['/work/dir/m.json']);
  });

  it('may take time to read', async () => {
    const readFile = (): Promise<Buffer> => new Promise((resolve) => { setImmediate(() => resolve(Buffer.from(MATCHER))); });
    expect((await send(output, { readFile }, [4])).log).toBe((await send(output)).log);
  });

  it('see lines whole that end with CR LF across chunks', async () => {
    const seen = await send('::add-matcher::m.json\r\na:1: x\r\n\r\nb\r\n', {}, [1]);
    expect(seen.log).toBe('##[error]a:1: x\n\r\nb\r\n');
  });

  it.each<readonly [string, StepOutputOptions['readFile']]>([
    ['cannot be read', () => Promise.reject(new Error('ENOENT: no such file'))],
    ['is not valid', () => '{"problemMatcher": [{}]}'],
    ['cannot be looked for', () => { throw new InvalidInputError('outside', 'Name one inside.'); }],
  ])('whose file %s fail the step', async (_, readFile) => {
    expect((await send('::add-matcher::m.json\nx\n', { readFile })).result.failure).toMatch(/^The command ::add-matcher:: failed: /);
  });

  it('that take too long are removed with a warning', async () => {
    const { log } = await send(lines('::add-matcher::x.json', 'a', 'b'), { matchers: new ProblemMatchers([], -1) });
    expect(log).toBe(lines('##[warning]The problem matcher "m" is removed: it took over a second for one line.', 'a', 'b'));
  });

  it('need an owner or a file to be removed', async () => {
    const { log } = await send(lines('::remove-matcher::', '::remove-matcher owner=a::b', '::add-matcher::'));
    expect(log.match(/##\[warning\]/g)).toHaveLength(3);
  });
});

describe('long lines', () => {
  it('are no commands, but outputs that begin as one are, up to megabytes', async () => {
    const long = 'x'.repeat(300_000);
    const { log, result } = await send(lines(`:: ${long} ##[error]no`, `a ${long} ##[notice]yes`, `::set-output name=a::${long}`, `::unknown::${long}`), {}, [10_000]);
    expect(result.outputs['a']).toBe(long);
    expect(log).toBe(lines(`:: ${long} ##[error]no`, `a ${long} ##[notice]yes`, '##[warning]The `set-output` command is deprecated. Write to the file GITHUB_OUTPUT instead.', `::unknown::${long}`));
    expect(result.annotations.map(({ level }) => level)).toEqual(['notice', 'warning']);
  });

  it.each(['\r', '\n', '\r\n'])('that are commands end with any line break: %j', async (end) => {
    const text = 'x'.repeat(1000);
    expect((await send(`::notice::${text}${end}b${end}::notice::${text}${end}c`)).log).toBe(`##[notice]${text}\nb${end}##[notice]${text}\nc`);
  });

  it('go through masked, and with matchers too', async () => {
    const masker = new Masker();
    masker.add('hunter22');
    const matchers = new ProblemMatchers([{ owner: 'm', patterns: [{ regexp: '^(.*)$', message: 1 }] }]);
    const { log } = await send(`${'x'.repeat(99_999)}hunter22${'y'.repeat(100_000)}\nshort\n`, { masker, matchers }, [7000]);
    expect(log).toBe(`${'x'.repeat(99_999)}***${'y'.repeat(100_000)}\n##[error]short\n`);
  });

  it.each(['x', ' ', ':', '#', '::error ', '::set-output name=a::'])('are not kept: 20 MB of %j pass while they come', async (piece) => {
    let most = 0;
    let written = 0;
    let sent = 0;
    const step = createStepOutput({ masker: new Masker(), matchers: new ProblemMatchers(), debug: false, sink: { write: (chunk) => { written += chunk.length; }, annotate: () => undefined } });
    const chunk = Buffer.from(piece.startsWith('::') ? 'v'.repeat(64 * 1024) : piece.repeat(64 * 1024));
    if (piece.startsWith('::')) await step.push(Buffer.from(piece));
    sent += piece.startsWith('::') ? piece.length : 0;
    for (let i = 0; i < 320; i++) {
      await step.push(chunk);
      sent += chunk.length;
      most = Math.max(most, sent - written);
    }
    await step.end();
    expect(most).toBeLessThan(5_000_000);
    expect(written).toBe(sent);
  });
});

describe('any output', () => {
  const word = fc.constantFrom(
    'a', ' ', '\t', ':', '::', '#', '##[', ']', '\n', '\r', '\r\n', 'hunter22', 'hunt', '::error::e', '\n::notice file=f::n\n', '::add-mask::swordfish\n', 'swordfish', '\n::add-matcher::m.json\n',
    'f:1: m\n', '::remove-matcher owner=m::\n', '::stop-commands::tok\n', '::tok::\n', '##[group]g\n', '\n::set-output name=o::v\r\n', '\n::echo::on\r', '\ufffd', 'é', '\n::set-env name=A::b\n',
  );

  it('gives the same log and the same result wherever its chunks break', async () => {
    await fc.assert(fc.asyncProperty(fc.array(word, { maxLength: 60 }), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }), async (words, sizes) => {
      const output = words.join('');
      const options = (): Partial<StepOutputOptions> => ({ masker: masked('hunter22'), matchers: new ProblemMatchers() });
      const whole = await send(output, options());
      expect(await send(output, options(), sizes)).toEqual(whole);
      expect(whole.written).toBe(Buffer.byteLength(output));
      expect(whole.log).not.toContain('hunter22');
    }), { numRuns: 300 });
  });

  it('that is read again after a crash is written once, and its commands count', async () => {
    await fc.assert(fc.asyncProperty(fc.array(word, { maxLength: 60 }), fc.nat(), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100 }), async (words, stop, size, sizeAgain) => {
      const output = Buffer.from(words.join(''));
      const options = (): Partial<StepOutputOptions> => ({ masker: masked('hunter22'), matchers: new ProblemMatchers() });
      const whole = await send(output, options());
      const log: Buffer[] = [];
      const annotations: Annotation[] = [];
      const sink: StepOutputOptions['sink'] = { write: (chunk) => void log.push(Buffer.from(chunk)), annotate: (annotation) => void annotations.push(annotation) };
      const first = createStepOutput({ debug: false, workspace: '/work', readFile: () => MATCHER, sink, masker: masked('hunter22'), matchers: new ProblemMatchers() });
      let [written, stored, notes] = [0, 0, 0];
      for (let at = 0; at < stop % (output.length + 1); at += size) {
        await first.push(output.subarray(at, at + size));
        expect(first.written).toBeGreaterThanOrEqual(written);
        if (first.written > written) [written, stored, notes] = [first.written, Buffer.concat(log).length, annotations.length];
      }
      // The worker is killed behind its last note: of what it has written later, nothing is left here.
      const before = Buffer.concat(log).subarray(0, stored).toString('latin1');
      const again = await send(output, { ...options(), skip: written }, [sizeAgain, size]);
      expect(before + again.log).toBe(whole.log);
      expect(again.result).toEqual(whole.result);
      expect([...annotations.slice(0, notes), ...again.annotations]).toEqual(whole.annotations);
    }), { numRuns: 300 });
  });
});

function masked(...secrets: readonly string[]): Masker {
  const masker = new Masker();
  for (const secret of secrets) masker.add(secret);
  return masker;
}
