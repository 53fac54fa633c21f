/**
 * Gets Temporal's test server, in which time is skipped while nothing is at work, so that tests can wait a month. It is made of jars of Maven Central,
 * which stay in the user's cache, and needs Java and Maven. Where it is not to be had, tests that need it are skipped and say why.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir, packagePath } from '../../infra/paths.js';
import { told } from './told.js';

const POM = packagePath('test', 'setup', 'timeSkipping', 'pom.xml');
const MAVEN_MS = 300_000;

let acquired: Promise<string> | undefined;

/** The server's path is FLEETWRIGHT_TIME_SKIPPING; why there is none, FLEETWRIGHT_NO_TIME_SKIPPING. */
export async function setup(): Promise<void> {
  try {
    process.env['FLEETWRIGHT_TIME_SKIPPING'] = await (acquired ??= acquire());
  } catch (error) {
    process.env['FLEETWRIGHT_NO_TIME_SKIPPING'] = (error as Error).message.split('\n')[0];
  }
}

async function acquire(): Promise<string> {
  const run = promisify(execFile);
  await run('java', ['-version']).catch(() => { throw new Error('there is no java on this host'); });
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = cacheDir('time-skipping', version);
  const server = join(folder, 'server');
  if (existsSync(server)) return server;
  const draft = `${folder}.draft-${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await told('Getting the time-skipping test server (33 MB, once)', () =>
      run('mvn', ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`], { timeout: MAVEN_MS })
        .catch((error: Error) => { throw new Error(`Maven did not get the time-skipping test server: ${error.message.split('\n').find((line) => line.includes('ERROR')) ?? error.message}`); }));
    await writeFile(join(draft, 'server'), `#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '${folder}/*' io.temporal.testserver.TestServer "$@"\n`);
    await chmod(join(draft, 'server'), 0o755);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return server;
}
