/** What the worker registers: a run of any file (the dynamic workflow), and what runs are made of. */
export { job } from './job.js';
export { call } from './call.js';
export { groupLock } from './groupLock.js';
export { run as default } from './run.js';
