import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';

describe('docs/actions.md', () => {
  it('says what the metadata of the actions says', () => {
    const { status, stderr } = spawnSync(process.execPath, [packagePath('tools', 'docs.mjs'), '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
