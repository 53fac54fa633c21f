// Bundles the CLI and the worker into dist/, and the workflow sandbox code into dist/workflows.js.
// The CLI is split into chunks so that `--help` loads only what it prints.
import { rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'cli/main.ts', worker: 'worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  // @actions/* import JSON without attributes, which plain Node 20 refuses: they are bundled, all else stays a package.
  plugins: [{ name: 'packages-external', setup(b) {
    b.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@actions/') || path.startsWith('node:') ? undefined : { path, external: true });
  } }],
  logLevel: 'warning',
});

const { bundleWorkflowCode } = await import('@temporalio/worker');
const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({ workflowsPath: new URL('workflows/index.ts', import.meta.url).pathname, logger: quiet });
await writeFile('dist/workflows.js', code);
