/** Debian packages on this host. */
import { PermanentError } from '../errors.js';
import { asRoot, findProgram, runOnHost } from './hostCommand.js';

export interface AptOptions {
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Variables that apt needs from the caller, also through sudo. */
const KEPT = ['DEBIAN_FRONTEND', 'RUNLEVEL', 'http_proxy', 'https_proxy', 'no_proxy'] as const;

/**
 * Installs Debian packages; the package lists are fetched only when the first try fails.
 * @param purpose completes "root is needed to ..."
 * @param options.startServices false keeps the packages from starting a daemon on hosts without systemd
 * @throws PermanentError when there is no apt or no right; CommandError when apt fails
 */
export async function installPackages(
  packages: readonly string[], purpose: string, options: AptOptions & { readonly startServices?: boolean } = {},
): Promise<void> {
  if (!await findProgram('apt-get')) {
    throw new PermanentError(`${packages.join(', ')} must be installed to ${purpose}, and this host has no apt-get`, `Install ${packages.join(', ')} with this host's own package manager.`);
  }
  const env: Record<string, string> = { DEBIAN_FRONTEND: 'noninteractive' };
  // invoke-rc.d starts nothing that is not part of the run level it is told.
  if (options.startServices === false) env['RUNLEVEL'] = '1';
  const run = async (args: readonly string[], onLine = options.onProgress): Promise<string> =>
    // Without a terminal of its own, dpkg draws no progress bars.
    runOnHost(await asRoot(['apt-get', '-qq', '-o', 'Dpkg::Use-Pty=0', ...args], purpose, KEPT), { env, timeoutMs: 600_000, signal: options.signal, onLine });
  const install = ['--yes', '--no-install-recommends', 'install', ...packages];
  try {
    // What this try lacks, the next has, or says again.
    await run(install, (line) => (line.startsWith('E: ') ? undefined : options.onProgress?.(line)));
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof PermanentError) throw error;
    await run(['update']);
    await run(install);
  }
}
