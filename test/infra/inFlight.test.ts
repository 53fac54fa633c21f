import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { forgetInFlight, noteInFlight, takeOverInFlight } from '../../infra/inFlight.js';
import { packagePath } from '../../infra/paths.js';

/** A worker that notes what it has in hand and is gone. */
function deadWorker(...tokens: string[]): void {
  const notes = tokens.map((token) => `noteInFlight(Buffer.from(${JSON.stringify(token)}))`).join(';');
  const program = `import { noteInFlight, forgetInFlight } from '${packagePath('infra', 'inFlight.ts')}'; ${notes}; noteInFlight(Buffer.from('done')); forgetInFlight(Buffer.from('done'));`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], { cwd: packagePath(), encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

describe('what a killed worker had in hand', () => {
  it('is given to the next worker, once, without what had ended', () => {
    deadWorker('one', 'two');
    expect(takeOverInFlight().map(String).sort()).toEqual(['one', 'two']);
    expect(takeOverInFlight()).toEqual([]);
  });

  it('is not taken from a worker that lives', () => {
    noteInFlight(Buffer.from('mine'));
    expect(takeOverInFlight()).toEqual([]);
    forgetInFlight(Buffer.from('mine'));
  });
});
