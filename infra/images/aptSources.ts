/** The Debian mirrors that this host itself uses, read from apt's sources. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The release that the images are made of: its packages have the versions that the deployment needs. */
export const SUITE = 'bookworm';

export interface DebianMirror {
  /** Serves `bookworm` and `bookworm-updates`. */
  readonly main: string;
  /** Serves `bookworm-security`; absent when the host has no such source. */
  readonly security?: string;
}

interface Source {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

const RELEASES = /^(?:buster|bullseye|bookworm|trixie|forky|sid|stable|oldstable|testing|unstable)$/;

/** The host's Debian mirrors, or undefined when its sources name none (it is no Debian). */
export async function hostMirror(etcApt = '/etc/apt'): Promise<DebianMirror | undefined> {
  const listed = await readdir(join(etcApt, 'sources.list.d')).catch(() => [] as string[]);
  const files = ['sources.list', ...listed.sort().map((name) => join('sources.list.d', name))];
  const sources: Source[] = [];
  for (const file of files) {
    const text = await readFile(join(etcApt, file), 'utf8').catch(() => '');
    sources.push(...(file.endsWith('.sources') ? parseDeb822(text) : file.endsWith('.list') ? parseOneLine(text) : []));
  }
  return pickMirror(sources);
}

/** Sources in apt's one-line format: `deb [options] URI suite component...`. */
export function parseOneLine(text: string): readonly Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    const [, uri = '', suite = '', components = ''] = match ?? [];
    return match ? [{ uri, suite, components: components.trim().split(/\s+/) }] : [];
  });
}

/** Sources in apt's deb822 format: paragraphs of `Field: value`. */
export function parseDeb822(text: string): readonly Source[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const lines = paragraph.split('\n').filter((line) => !line.startsWith('#')).join('\n').replace(/\n[ \t]+/g, ' ');
    const field = (name: string): string[] => (new RegExp(`^${name}:(.*)$`, 'im').exec(lines)?.[1] ?? '').trim().split(/\s+/).filter(Boolean);
    if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return [];
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => ({ uri, suite, components: field('Components') })));
  });
}

function pickMirror(sources: readonly Source[]): DebianMirror | undefined {
  const usable = sources.filter(({ uri, components }) => /^https?:\/\//.test(uri) && components.includes('main'));
  const main = usable.find(({ suite }) => RELEASES.test(suite))?.uri;
  const security = usable.find(({ suite }) => suite.endsWith('-security') && RELEASES.test(suite.slice(0, -'-security'.length)))?.uri;
  return main === undefined ? undefined : { main, ...(security === undefined ? {} : { security }) };
}

/** The mirror as sources of the images' release, in the one-line format. */
export function sourceLines(mirror: DebianMirror): string {
  const rows = [`deb ${mirror.main} ${SUITE} main`, `deb ${mirror.main} ${SUITE}-updates main`];
  if (mirror.security) rows.push(`deb ${mirror.security} ${SUITE}-security main`);
  return `${rows.join('\n')}\n`;
}
