/** Temporal's client, to be loaded when it is needed: what a bundler makes of a CommonJS package has its names only where they are imported by name. */
export { Connection } from '@temporalio/client';
