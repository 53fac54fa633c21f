// The licences of the packages that a bundle holds: whoever gets the bundle gets them with it.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TEXT = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/**
 * One text with all of them, by name and version.
 * @param root the folder that the inputs are relative to @param metafiles what esbuild says of its builds
 * @throws Error for a package that names no licence
 */
export function licencesOf(root, metafiles) {
  const folders = new Set(metafiles.flatMap(({ inputs }) => Object.keys(inputs)).map((path) => packageFolder(join(root, path))).filter(Boolean));
  const texts = new Map([...folders].map((folder) => describe(folder)));
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join(`\n${'-'.repeat(80)}\n\n`);
}

/** The package that a file is of; undefined for one of ours. */
function packageFolder(path) {
  if (!path.includes('/node_modules/')) return undefined;
  for (let folder = dirname(path); folder.includes('/node_modules/'); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version) return folder;
  }
  return undefined;
}

function describe(folder) {
  const { name, version, license, licenses, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const kind = typeof license === 'string' ? license : license?.type ?? licenses?.map(({ type }) => type).join(' or ');
  const files = readdirSync(folder).filter((file) => TEXT.test(file)).sort();
  if (!kind && files.length === 0) throw new Error(`${name} ${version} names no licence`);
  const by = typeof author === 'string' ? author : author?.name;
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name}@${version}`, `${name} ${version}${kind ? ` (${kind})` : ''}\n\n${texts.length > 0 ? texts.join('\n\n') : `Copyright ${by ?? 'its authors'}`}\n`];
}
