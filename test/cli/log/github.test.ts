import { describe, expect, it } from 'vitest';
import { githubAnnotations, githubPrinter } from '../../../cli/log/github.js';
import { terminalOf } from '../../../cli/terminal.js';
import { job, record, step } from '../records.js';

function printed(use: (printer: ReturnType<typeof githubPrinter>) => void, key = 'build'): string[] {
  const lines: string[] = [];
  use(githubPrinter(key, (more) => void lines.push(...more)));
  return lines;
}

describe('a log inside GitHub Actions', () => {
  it('has a group for each step, written whole when it ends, also where two print at once', () => {
    expect(printed((printer) => {
      printer.begin('Compile');
      printer.lines('build/1', ['one']);
      printer.lines('build/2', ['other']);
      printer.lines('build/1', ['##[group]Inner', 'two', '##[endgroup]', '##[error]bad']);
      printer.end('build/1', 'Compile', 'failure', 1200);
      printer.end('build/2', 'Quiet', 'success', 10);
      printer.end('build/3', 'None', 'skipped');
      printer.job('failure', 2000);
    })).toEqual([
      'build ▶ Compile', '::group::✗ build / Compile: failure (1.2s)', 'one', '▾ Inner', 'two', 'Error: bad', '::endgroup::',
      '::group::✓ build / Quiet (0.0s)', 'other', '::endgroup::', '– build / None: skipped', 'build: job failure (2.0s)',
    ]);
  });

  it('does no command that a step or a name holds', () => {
    const lines = printed((printer) => {
      printer.begin('x\n::error::a');
      printer.lines('build/1', ['::add-mask::x', ' ::set-output name=a::b', '##[error]##[error]x', 'a ::error::b']);
      printer.end('build/1', '::error::name\n::error::x', 'success');
      printer.job('failure', 1, '::error::why');
    }, '::key::');
    expect(lines.filter((line) => /^\s*::(?!group::|endgroup::)|##\[/.test(line))).toEqual([]);
  });

  it('ends with the annotations of the steps, and the error of each that failed without one', () => {
    const ended = record({ jobs: [job('t', 'T', [
      step('t/1', 'One', { from: 0, to: 1, conclusion: 'failure', outcome: 'failure', error: 'exit 3\nand more' }),
      step('t/2', 'Two', { from: 0, to: 1, conclusion: 'failure', outcome: 'failure', error: 'said already' }),
    ], { from: 0, to: 1 })] });
    expect(githubAnnotations(ended, [{ job: 't', step: 't/2' as never, level: 'error', message: '50% bad\nline', file: 'a,b.ts', line: 3, column: 5, title: 'T:1' }, { job: 't', step: 't/1' as never, level: 'warning', message: 'w' }])).toEqual([
      '::error file=a%2Cb.ts,line=3,col=5,title=T%3A1::50%25 bad%0Aline', '::warning::w', '::error title=t/1%3A One::exit 3%0Aand more',
    ]);
  });

  it('is known by GITHUB_ACTIONS', () => {
    expect([{ GITHUB_ACTIONS: 'true' }, { GITHUB_ACTIONS: 'false' }, {}].map((env) => terminalOf(undefined, env).github)).toEqual([true, false, false]);
  });
});
