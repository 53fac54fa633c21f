import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** What takes long, or has the machine to itself, is a project of its own; all else is `unit`. */
const APART = ['workflows', 'runs', 'replay', 'packaging', 'durable', 'openstack', 'guests', 'servers', 'e2e'] as const;

interface ProjectOptions {
  readonly name: string;
  /** In test/. */
  readonly folder: (typeof APART)[number];
  readonly env?: Record<string, string>;
  /** Files of test/setup, in the order in which they run. */
  readonly setup: readonly SetUp[];
}

/**
 * `engine`: a Docker engine. `images`: the images on it. `state`: a state folder of the tests' own, so that none sees the user's clusters and daemons; what
 * comes before it uses the user's. `openstack`: a cloud on loopback. `temporal`: Temporal's server. `timeSkipping`: that in which time is skipped. `bundle`: the workflows as a worker loads them. `build`: the built product. `cluster`: the same, and nothing of it is left afterwards.
 */
type SetUp = 'engine' | 'images' | 'openstack' | 'state' | 'temporal' | 'timeSkipping' | 'bundle' | 'build' | 'cluster';

/** `npm test` gets what is missing on this host; the quick `npm run test:unit` skips what needs it. */
const WHOLE = process.env['FLEETWRIGHT_TEST_WHOLE'] === '1';

const WHOLE_CLOUD = 'test/openstack/alone.test.ts';

const TIMES = { testTimeout: 60_000, hookTimeout: 120_000 };
const CLUSTER_TIMES = { testTimeout: 900_000, hookTimeout: 900_000 };
const LOADER = ['--import', './test/setup/jsonImports.mjs'];

/** How many workflows a worker keeps in memory; with none it replays the history at every task, and shows what is not deterministic. */
const CACHED = 'FLEETWRIGHT_CACHED_WORKFLOWS';

function project({ name, folder, env = {}, setup }: ProjectOptions): TestProjectInlineConfiguration {
  return {
    test: { name, include: [`test/${folder}/**/*.test.ts`], env, globalSetup: setup.map(setUpFile), execArgv: LOADER, ...TIMES },
  };
}

function setUpFile(name: SetUp): string {
  return `test/setup/${name}.ts`;
}

/** One file at a time. */
function alone(options: ProjectOptions): TestProjectInlineConfiguration {
  return { test: { ...project(options).test, fileParallelism: false, ...CLUSTER_TIMES } };
}

const unit: TestProjectInlineConfiguration = {
  test: {
    name: 'unit',
    include: ['test/**/*.test.ts'],
    exclude: APART.map((folder) => `test/${folder}/**`),
    globalSetup: ([...(WHOLE ? ['engine', 'images'] as const : []), 'state'] as const).map(setUpFile),
    execArgv: LOADER,
    ...TIMES,
  },
};

/** One cloud for both: it is the first that starts it, and what changes the whole of it comes last. */
const openstack = ([{ name: 'openstack', exclude: [WHOLE_CLOUD] }, { name: 'openstack-alone', include: [WHOLE_CLOUD] }] as const).map((one, groupOrder): TestProjectInlineConfiguration => ({
  test: { ...project({ name: 'openstack', folder: 'openstack', setup: ['engine', 'openstack', 'state'] }).test, ...one, sequence: { groupOrder }, ...CLUSTER_TIMES },
}));

export default defineConfig({
  test: {
    // Most of a test's time it waits for other processes; vitest's own choice for two processors is one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      unit,
      project({ name: 'workflows-cached', folder: 'workflows', env: { [CACHED]: '1000' }, setup: ['state', 'temporal', 'timeSkipping', 'bundle'] }),
      project({ name: 'workflows-replayed', folder: 'workflows', env: { [CACHED]: '0' }, setup: ['state', 'temporal', 'timeSkipping', 'bundle'] }),
      project({ name: 'runs', folder: 'runs', setup: ['state', 'temporal', 'bundle'] }),
      project({ name: 'replay', folder: 'replay', setup: ['state', 'bundle'] }),
      alone({ name: 'packaging', folder: 'packaging', setup: ['state'] }),
      alone({ name: 'durable', folder: 'durable', setup: ['state', 'temporal', 'build'] }),
      ...openstack,
      // Not in `npm test`: a guest without KVM takes its minutes.
      alone({ name: 'guests', folder: 'guests', setup: ['engine', 'state'] }),
      alone({ name: 'servers', folder: 'servers', setup: ['engine', 'images', 'state', 'temporal', 'cluster'] }),
      alone({ name: 'e2e', folder: 'e2e', setup: ['engine', 'images', 'state', 'temporal', 'cluster'] }),
    ],
  },
});
