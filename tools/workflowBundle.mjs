// How the sandbox code of the workflows is bundled, for the build and the tests alike.
import { join } from 'node:path';

/** What Node 20 runs as it is: what is older has helpers in its place, which cost every workflow its time. */
const TARGET = 'es2022';

/**
 * The options of the SDK's `bundleWorkflowCode`.
 *
 * The modules are loaded once for all workflows of a worker, not once for each, which took half of a short job's time in the sandbox. So they hold no
 * state at their top that differs from one workflow to the next; what they export is frozen.
 */
export function bundleOptions(root) {
  const workflowsPath = join(root, 'workflows', 'index.ts');
  return { workflowsPath, preloadModules: [workflowsPath], webpackConfigHook: withTarget };
}

/** The same for workflows that are traced: the interceptors keep a state for each workflow, so each loads its modules. */
export function tracedOptions(root, workflowInterceptorModules) {
  return { ...bundleOptions(root), preloadModules: [], workflowInterceptorModules: [...workflowInterceptorModules] };
}

function withTarget(config) {
  for (const rule of config.module.rules) if (rule.use?.options?.jsc !== undefined) rule.use.options.jsc.target = TARGET;
  return config;
}
