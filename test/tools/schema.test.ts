import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { EVENTS, EXTRA_KEYS, JOB_KEYS, ROOT_KEYS, STEP_KEYS } from '../../language/parsing/knownKeys.js';

const text = readFileSync(packagePath('schema', 'workflow.schema.json'), 'utf8');

describe('schema/workflow.schema.json', () => {
  it('is what GitHub\'s schema and our keys make', () => {
    const { status, stderr } = spawnSync(process.execPath, [packagePath('tools', 'schema.mjs'), '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('has every key that the parser knows, and every event', () => {
    const keys = [ROOT_KEYS, JOB_KEYS, STEP_KEYS, EVENTS].flatMap(({ known }) => known);
    expect([...keys, ...EXTRA_KEYS].filter((key) => !text.includes(`"${key}":`))).toEqual([]);
  });

  it('refers to nothing that it does not hold', () => {
    const { definitions } = JSON.parse(text) as { definitions: object };
    const names = [...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name!);
    expect(names.filter((name) => !Object.hasOwn(definitions, name))).toEqual([]);
  });

  it('is named by the workflow files that ship, and theirs by the others', () => {
    const folder = packagePath('deployments');
    const schemas: Readonly<Record<string, string>> = { 'inventory.example.yml': 'inventory.schema.json' };
    for (const name of readdirSync(folder).filter((file) => /\.ya?ml$/.test(file) && file !== 'cloud-config.yml')) {
      const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(join(folder, name), 'utf8')) ?? [];
      expect(existsSync(join(folder, path)) && path.endsWith(schemas[name] ?? 'workflow.schema.json'), name).toBe(true);
    }
  });
});
