import type { BundleOptions } from '@temporalio/worker';

export function bundleOptions(root: string): BundleOptions;
