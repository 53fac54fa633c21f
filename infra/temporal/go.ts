/** A Go toolchain that is new enough: the host's, or one fetched as a Go module by an older one, or by Debian's. */
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../errors.js';
import { cacheDir } from '../paths.js';
import type { AcquireOptions } from './acquire.js';
import { runTool } from './tool.js';
import { goArch } from './download.js';

export interface Go {
  /** The `go` command. */
  readonly command: string;
  /** The environment to run it with. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the build needs; the toolchain that an older Go is told to fetch. */
export const NEEDED_GO = { major: 1, minor: 25 } as const;
const TOOLCHAIN = 'go1.25.5';

const PLACES = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'] as const;

/**
 * @throws PermanentError when there is none and it cannot be installed; TransientError when the toolchain cannot be fetched
 */
export async function findOrInstallGo(options: AcquireOptions = {}): Promise<Go> {
  const own = await findGo(options.signal);
  if (own && own.minor >= NEEDED_GO.minor) return { command: own.command, env: goEnvironment() };
  if (own) return fetchToolchain(own.command, goEnvironment(), options);
  await installDebianGo(options);
  const installed = await findGo(options.signal);
  if (!installed) throw new PermanentError("Debian's golang-go is installed, but there is no go command", 'Install Go: https://go.dev/doc/install');
  const env = { ...goEnvironment(), ...scratchCaches() };
  return installed.minor >= NEEDED_GO.minor ? { command: installed.command, env } : fetchToolchain(installed.command, env, options);
}

/** Minor version of `go version go1.19.8 linux/amd64`: 19. Undefined when it is none. */
export function parseGoVersion(text: string): number | undefined {
  const match = /\bgo1\.(\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** Fetches the toolchain as the module that Go itself would use since 1.21, with a Go that may be older. */
export async function fetchToolchain(command: string, env: NodeJS.ProcessEnv, options: AcquireOptions = {}): Promise<Go> {
  options.onProgress?.(`fetching ${TOOLCHAIN} through the Go module proxy (about 80 MB, once)`);
  await mkdir(cacheDir('temporal'), { recursive: true, mode: 0o700 });
  const outside = await mkdtemp(cacheDir('temporal', 'module-'));
  try {
    const module = `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.${process.platform}-${goArch()}`;
    const { stdout } = await runTool([command, 'mod', 'download', '-json', module],
      { env, cwd: outside, timeoutMs: 10 * 60_000, signal: options.signal });
    const { Dir: root } = JSON.parse(stdout) as { Dir: string };
    await makeExecutable(root);
    return { command: join(root, 'bin', 'go'), env: { ...env, GOROOT: root } };
  } finally {
    await rm(outside, { recursive: true, force: true });
  }
}

/** Where a Go that we installed keeps its modules and objects: removed after the build, kept after a failed one. */
export function scratchDir(): string {
  return cacheDir('temporal', 'go');
}

/** Module archives carry no modes. */
async function makeExecutable(root: string): Promise<void> {
  for (const dir of [join(root, 'bin'), join(root, 'pkg', 'tool', `${process.platform}_${goArch()}`)]) {
    for (const file of await readdir(dir)) await chmod(join(dir, file), 0o755);
  }
}

async function findGo(signal: AbortSignal | undefined): Promise<{ readonly command: string; readonly minor: number } | undefined> {
  const found = [];
  for (const command of PLACES) {
    const version = await runTool([command, 'version'], { env: goEnvironment(), timeoutMs: 10_000, signal }).catch(() => undefined);
    signal?.throwIfAborted();
    const minor = version && parseGoVersion(version.stdout);
    if (minor !== undefined) found.push({ command, minor });
  }
  return found.sort((a, b) => b.minor - a.minor)[0];
}

async function installDebianGo(options: AcquireOptions): Promise<void> {
  const root = process.getuid?.() === 0;
  const sudo = root ? [] : ['sudo', '-n'];
  const remedy = 'Install Go 1.25 or newer (https://go.dev/doc/install), or as root: apt-get install golang-go';
  const can = await runTool([...sudo, 'apt-get', '--version'], { timeoutMs: 10_000, signal: options.signal }).catch(() => undefined);
  options.signal?.throwIfAborted();
  if (!can) throw new PermanentError(root ? 'there is no Go and no apt-get' : 'there is no Go, and no right to install it', remedy);
  options.onProgress?.("installing Debian's golang-go");
  const apt = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];
  const limits = { timeoutMs: 10 * 60_000, signal: options.signal };
  // A list that cannot be renewed (another apt holds it, a mirror is down) may still do; if not, the install says so.
  await runTool([...apt, 'update'], limits).catch(() => options.signal?.throwIfAborted());
  await runTool([...apt, 'install', '--no-install-recommends', 'golang-go'], limits);
}

/** The user's, without what would make Go take another version or another module than asked for. */
function goEnvironment(): NodeJS.ProcessEnv {
  const { GOROOT: _root, GOFLAGS: _flags, GOOS: _os, GOARCH: _arch, GO111MODULE: _module, GOWORK: _work, ...env } = process.env;
  return { ...env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
}

function scratchCaches(): NodeJS.ProcessEnv {
  return { GOPATH: join(scratchDir(), 'path'), GOMODCACHE: join(scratchDir(), 'mod'), GOCACHE: join(scratchDir(), 'build') };
}
