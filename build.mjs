// Bundles the CLI and the worker into dist/, and the workflow sandbox code into dist/workflows.js.
// The CLI is split into chunks so that `--help` loads only what it prints.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundleWorkflowCode } from '@temporalio/worker';
import { licencesOf } from './tools/licences.mjs';
import { sourcesHash } from './tools/sources.mjs';
import { bundleOptions, tracedOptions } from './tools/workflowBundle.mjs';

const root = import.meta.dirname;
// Taken before the build reads anything: a file that is edited meanwhile makes the next look build again.
const sources = sourcesHash(root);
// Built aside and then put in place, so that a build that fails or is killed leaves the last one whole.
const staging = await mkdtemp(`${root}/.dist-`);
await chmod(staging, 0o755);
/** What the programs have in common. */
const PROGRAM = { absWorkingDir: root, outdir: staging, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20', sourcemap: 'linked', logLevel: 'warning', metafile: true };

try {
  const bundles = await Promise.all([bundleCommandLine(), bundleWorker(), bundlePkgcloud(), bundleWorkflows()]);
  await writeFile(`${staging}/LICENSES.txt`, licencesOf(root, bundles));
  await writeFile(`${staging}/build.json`, `${JSON.stringify({ sources })}\n`);
  await putInPlace();
} finally {
  await rm(staging, { recursive: true, force: true });
}

/** Gives what is in it, as each of these does. With the packages that every command loads: to find hundreds of small files costs a command more processor time than to run them. */
async function bundleCommandLine() {
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: { main: 'cli/main.ts' },
    // What has native code, and what is loaded by few commands.
    external: ['dockerode', 'ssh2', 'pkgcloud'],
    // CommonJS packages ask for Node's own modules.
    banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
  });
  return metafile;
}

async function bundleWorker() {
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: { worker: 'worker.ts' },
    // @actions/* import JSON without attributes, which plain Node 20 refuses: they are bundled, all else stays a package.
    plugins: [{ name: 'packages-external', setup(b) {
      b.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' || path.startsWith('@actions/') || path.startsWith('node:') ? undefined : { path, external: true });
    } }],
  });
  return metafile;
}

async function bundleWorkflows() {
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const inputs = {};
  const bundle = async (name, options) => {
    const { code } = await bundleWorkflowCode({ ...options, logger: quiet });
    await writeFile(`${staging}/${name}.js`, code);
    Object.assign(inputs, packageFiles(code));
  };
  await bundle('workflows', bundleOptions(root));
  // Apart, so that who traces nothing loads none of it. Its packages are optional.
  const traced = whereIs('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors');
  if (traced !== undefined) await bundle('workflows-traced', tracedOptions(root, [traced]));
  return { inputs };
}

/** The files of packages that webpack put into a bundle, as esbuild's metafile has them: each stands under its path. */
function packageFiles(code) {
  return Object.fromEntries([...code.matchAll(/^\/\*\*\*\/ "\.\/(node_modules\/[^"]+)"$/gm)].map(([, path]) => [path, {}]));
}

function whereIs(module) {
  try {
    return createRequire(import.meta.url).resolve(module);
  } catch {
    return undefined;
  }
}

/** Apart from the programs, which are no CommonJS. Built in, so that nobody installs its tree: `overrides` hold for this package alone. */
async function bundlePkgcloud() {
  const contents = `
    exports.pkgcloud = require('pkgcloud');
    exports.identity = require('pkgcloud/lib/pkgcloud/openstack/context');`;
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root },
    outfile: `${staging}/pkgcloud.cjs`,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'eof',
    plugins: [{ name: 'static-requires', setup(b) {
      b.onLoad({ filter: /[\\/]pkgcloud[\\/]lib[\\/]pkgcloud\.js$/ }, async ({ path }) => ({ contents: withStaticRequires(await readFile(path, 'utf8')) }));
    } }],
    logLevel: 'error',
    metafile: true,
  });
  return metafile;
}

/** It loads its parts by names that are put together, which no bundler can follow; of its providers two are used. */
function withStaticRequires(text) {
  const parts = ['core/base', 'common', 'core/compute', 'core/storage'].map((part) => `'./pkgcloud/${part}': () => require('./pkgcloud/${part}')`).join(', ');
  const replacements = [
    ['require(component)', `({ ${parts} })[component]()`],
    ["require('./pkgcloud/' + provider)", "(provider === 'rackspace' ? require('./pkgcloud/rackspace') : require('./pkgcloud/openstack'))"],
  ];
  return replacements.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`pkgcloud.js has no ${from} any more`);
    return all.replace(from, to);
  }, text);
}

/** Of two builds at once, the later one stays. */
async function putInPlace() {
  const dist = `${root}/dist`;
  for (;;) {
    if (existsSync(dist)) {
      const old = `${staging}-old`;
      await rename(dist, old).catch(ignoreGone);
      await rm(old, { recursive: true, force: true });
    }
    try {
      await rename(staging, dist);
      return;
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  }
}

function ignoreGone(error) {
  if (error.code !== 'ENOENT') throw error;
}
