import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostMirror, parseDeb822, parseOneLine, sourceLines } from '../../infra/images/aptSources.js';

async function mirrorOf(files: Readonly<Record<string, string>>): Promise<Awaited<ReturnType<typeof hostMirror>>> {
  const folder = await mkdtemp(join(tmpdir(), 'apt-'));
  await mkdir(join(folder, 'sources.list.d'));
  await Promise.all(Object.entries(files).map(([path, text]) => writeFile(join(folder, path), text)));
  return hostMirror(folder).finally(() => rm(folder, { recursive: true }));
}

describe('the host\'s package mirror', () => {
  it('is read from one-line sources', () => {
    expect(parseOneLine('# deb http://no.example/ x main\ndeb [signed-by=/k.gpg] http://m.example/debian trixie main contrib # why\ndeb-src http://m.example/debian trixie main'))
      .toEqual([{ uri: 'http://m.example/debian', suite: 'trixie', components: ['main', 'contrib'] }]);
  });

  it('is read from deb822 sources, disabled ones apart', () => {
    const text = '# note\nTypes: deb deb-src\nURIs: http://m.example/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\n\nTypes: deb\nEnabled: no\nURIs: http://off.example/\nSuites: bookworm\nComponents: main\n';
    expect(parseDeb822(text).map(({ uri, suite }) => `${uri} ${suite}`)).toEqual(['http://m.example/debian bookworm', 'http://m.example/debian bookworm-updates']);
  });

  it('is Debian\'s own, not that of another vendor whose sources are there too', async () => {
    const mirror = await mirrorOf({
      'sources.list': 'deb http://vendor.example/node nodistro main\n',
      'sources.list.d/debian.sources': 'Types: deb\nURIs: http://m.example/debian\nSuites: trixie trixie-updates\nComponents: main\n\nTypes: deb\nURIs: http://m.example/security\nSuites: trixie-security\nComponents: main\n',
    });
    expect(mirror).toEqual({ main: 'http://m.example/debian', security: 'http://m.example/security' });
    expect(sourceLines(mirror as NonNullable<typeof mirror>)).toContain('deb http://m.example/debian bookworm main\n');
  });

  it('is unknown on a host that is no Debian', async () => {
    expect(await mirrorOf({ 'sources.list': 'deb http://archive.example/ubuntu noble main universe\n' })).toBeUndefined();
    expect(await mirrorOf({})).toBeUndefined();
  });
});
