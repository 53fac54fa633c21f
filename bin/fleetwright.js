#!/usr/bin/env node
// Plain JavaScript that any Node runs, so that an old Node or an unbuilt checkout gets one clear line instead of a stack.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(`fleetwright needs Node 20.11 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('fleetwright is not built here: run `npm ci`, or `npm run build` after a change\n');
  process.exitCode = 1;
}
