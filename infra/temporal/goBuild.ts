/** Builds Temporal's CLI from its Go module. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AcquireOptions, Progress } from './acquire.js';
import { findOrInstallGo, scratchDir } from './go.js';
import { runTool } from './tool.js';

const MODULE = 'github.com/temporalio/cli';
const BUILD_TIMEOUT_MS = 40 * 60_000;
const PROGRESS_MS = 15_000;

/**
 * Puts the executable at `target`, whole or not at all. An interrupted build goes on from its caches.
 * @param version `v1.5.1`
 * @throws PermanentError, TransientError, CommandError
 */
export async function buildTemporal(target: string, version: string, options: AcquireOptions = {}): Promise<void> {
  const go = await findOrInstallGo(options);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const bin = await mkdtemp(join(dirname(target), 'build-'));
  const report = reporter(options.onProgress);
  try {
    await runTool([go.command, 'install', '-v', '-trimpath', '-ldflags', `-s -w -X ${MODULE}/temporalcli.Version=${version.slice(1)}`,
      `${MODULE}/cmd/temporal@${version}`],
    { env: { ...go.env, GOBIN: bin }, cwd: bin, timeoutMs: BUILD_TIMEOUT_MS, signal: options.signal, onErrorLine: report.line });
    await rename(join(bin, 'temporal'), target);
  } finally {
    report.end();
    await rm(bin, { recursive: true, force: true });
  }
  await removeScratch();
}

/** Says every few seconds how far the build is: `go install -v` names each package on a line. */
function reporter(onProgress: Progress | undefined): { readonly line: (line: string) => void; readonly end: () => void } {
  const started = performance.now();
  let packages = 0;
  onProgress?.('building the Temporal server from its Go module: once, 3-8 minutes');
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const what = packages > 0 ? `${packages} packages compiled` : 'fetching modules';
    onProgress?.(`building the Temporal server: ${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s, ${what} (3-8 minutes in all)`);
  }, PROGRESS_MS);
  return { line: (line) => { if (!line.startsWith('go: ')) packages++; }, end: () => clearInterval(timer) };
}

/** The module cache is read-only to its owner too. */
async function removeScratch(): Promise<void> {
  await new Promise<void>((resolve) => {
    execFile('chmod', ['-R', 'u+w', scratchDir()], () => resolve());
  });
  await rm(scratchDir(), { recursive: true, force: true });
}
