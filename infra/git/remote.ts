/** The address of a git repository, taken apart. Pure. */

export interface Remote {
  readonly owner: string;
  readonly name: string;
  /** `https://github.com`; another host's where the address has one. */
  readonly server: string;
}

export const GITHUB = 'https://github.com';

/**
 * Of `https://host/owner/repo.git`, `ssh://git@host:22/owner/repo`, `git@host:owner/repo.git`, `/srv/owner/repo.git`: the last two parts of the path.
 * What stands for a user or a password is left out.
 * @returns undefined for an address with less than two parts
 */
export function parseRemote(url: string): Remote | undefined {
  const { scheme, host, path } = takeApart(url);
  const [owner, name] = path.replace(/\/+$/, '').replace(/\.git$/, '').split('/').filter((part) => !['', '~', '.', '..'].includes(part)).slice(-2);
  if (owner === undefined || name === undefined) return undefined;
  return { owner, name, server: serverOf(scheme, host) };
}

function takeApart(url: string): { readonly scheme?: string; readonly host?: string; readonly path: string } {
  const address = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?([^/]*)(\/.*)?$/i.exec(url);
  if (address) return { scheme: address[1]!.toLowerCase(), host: address[2]!, path: address[3] ?? '' };
  const short = /^(?:[^/@:]+@)?([^/:]+):(?!\/\/)(.+)$/.exec(url);
  return short && !/^[a-z]$/i.test(short[1]!) ? { scheme: 'ssh', host: short[1]!, path: short[2]! } : { path: url };
}

/** Over SSH the port is not that of the pages; a name without a dot is one of SSH's own settings, not a host's. */
function serverOf(scheme: string | undefined, host: string | undefined): string {
  const isWeb = scheme === 'http' || scheme === 'https';
  const name = (isWeb ? host : host?.replace(/:\d*$/, ''))?.toLowerCase().replace(/^ssh\.github\.com$/, 'github.com');
  if (!name || scheme === 'file' || (!isWeb && !name.includes('.'))) return GITHUB;
  return `${scheme === 'http' ? 'http' : 'https'}://${name}`;
}

/** The addresses of a server's interfaces: GitHub's own, or those of a GitHub Enterprise Server. */
export function apisOf(server: string): { readonly api: string; readonly graphql: string } {
  return server === GITHUB ? { api: 'https://api.github.com', graphql: 'https://api.github.com/graphql' } : { api: `${server}/api/v3`, graphql: `${server}/api/graphql` };
}
