import { builtinModules } from 'node:module';
import { bundleWorkflowCode, type LogLevel, type LogMetadata } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { bundleOptions } from '../../tools/workflowBundle.mjs';

interface Bundled {
  /** Undefined where the bundler gave up. */
  readonly code?: string;
  /** Its warnings and errors. */
  readonly complaints: string;
}

/** The SDK's own bundler, and what it complained of. */
async function bundle(options: Parameters<typeof bundleWorkflowCode>[0]): Promise<Bundled> {
  const said: string[] = [];
  const log = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    if (level === 'WARN' || level === 'ERROR') said.push(`${level} ${message} ${JSON.stringify(meta ?? {})}`);
  };
  const at = (level: LogLevel) => (message: string, meta?: LogMetadata) => log(level, message, meta);
  const logger = { log, trace: at('TRACE'), debug: at('DEBUG'), info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
  try {
    const { code } = await bundleWorkflowCode({ ...options, logger });
    return { code, complaints: said.join('\n') };
  } catch (error) {
    return { complaints: [...said, String(error)].join('\n') };
  }
}

describe('the workflow bundle', () => {
  it('is made by the real bundler without a warning, and holds no Node built-in', async () => {
    const { code = '', complaints } = await bundle(bundleOptions(packagePath()));
    expect(complaints).toBe('');
    const required = [...code.matchAll(/require\("(node:[a-z/_]+|[a-z_]+)"\)/g)].map(([, name]) => name ?? '');
    expect(required.filter((name) => name.startsWith('node:') || builtinModules.includes(name))).toEqual([]);
  });

  it('cannot be made of code that reads a file', async () => {
    const { code, complaints } = await bundle({ workflowsPath: packagePath('test', 'architecture', 'fixtures', 'readsAFile.ts') });
    expect(code).toBeUndefined();
    expect(complaints).toContain('fs');
  });
});
