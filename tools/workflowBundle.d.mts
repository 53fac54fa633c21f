import type { BundleOptions } from '@temporalio/worker';

export function bundleOptions(root: string): BundleOptions;
export function tracedOptions(root: string, workflowInterceptorModules: readonly string[]): BundleOptions;
