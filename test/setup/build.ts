/** The built product, for tests that use it without a cluster. */
import { execFileSync } from 'node:child_process';
import { packagePath } from '../../infra/paths.js';

export function setup(): void {
  execFileSync(process.execPath, [packagePath('tools', 'ensure-install.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
}
