/** What builds take over from this host: proxies, the Go module proxy, extra certificate authorities. None of it stays in an image. */
import { readFile } from 'node:fs/promises';
import { findProgram, runOnHost } from '../docker/hostCommand.js';

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'] as const;
const GO_VARIABLES = ['GOPROXY', 'GOPRIVATE', 'GONOPROXY', 'GOINSECURE'] as const;

/**
 * The proxy variables of this host, in lower and upper case, as builds need them (Docker predefines them as build arguments:
 * they are in no image's history). Where the environment has none, apt's own proxy.
 */
export async function proxyVariables(env: NodeJS.ProcessEnv = process.env): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of PROXY_VARIABLES) {
    const value = env[name] || env[name.toUpperCase()];
    if (value) found[name] = value;
  }
  found['http_proxy'] ??= await aptProxy();
  const set = Object.entries(found).filter(([, value]) => value !== '');
  return Object.fromEntries(set.flatMap(([name, value]) => [[name, value], [name.toUpperCase(), value]]));
}

/** The variables with which Go finds modules. */
export function goVariables(env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> {
  return Object.fromEntries(GO_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** The certificate authorities that this host trusts (a company's own among them), as one PEM file, when it has such a file. */
export async function hostCertificates(env: NodeJS.ProcessEnv = process.env): Promise<Buffer | undefined> {
  const candidates = [env['SSL_CERT_FILE'], '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
  for (const path of candidates) {
    const content = path ? await readFile(path).catch(() => undefined) : undefined;
    if (content?.includes('BEGIN CERTIFICATE')) return content;
  }
  return undefined;
}

/** Hides user names and passwords of URLs, as a proxy's may be in a package manager's message. */
export function hideCredentials(text: string): string {
  return text.replace(/(\w+:\/\/)[^/\s@]+@/g, '$1***@');
}

async function aptProxy(): Promise<string> {
  if (!await findProgram('apt-config')) return '';
  const out = await runOnHost(['apt-config', 'shell', 'proxy', 'Acquire::http::Proxy'], { timeoutMs: 10_000 }).catch(() => '');
  const value = /^proxy='(https?:\/\/[^']+)'$/m.exec(out)?.[1];
  return value ?? '';
}
