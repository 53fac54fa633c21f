/** `node COMMANDS INVENTORY`: our side of bench/providers.ts: each command on each host of the inventory, over the connections that the product makes. */
import { readFileSync } from 'node:fs';
import { readInventory } from '../../language/inventory.js';
import { withMachines } from '../../infra/ssh/pool.js';
import { userLogin } from '../../infra/ssh/userLogin.js';
import { COMMANDS } from './list.js';

const file = process.argv[2] ?? '';
const { inventory } = readInventory(readFileSync(file, 'utf8'), file);
await withMachines({}, (pool) => Promise.all((inventory?.hosts ?? []).map(async (host) => {
  const machine = await pool.machine(await userLogin(host, { acceptNew: true }));
  for (const argv of COMMANDS) {
    const { exitCode, stderr } = await machine.exec(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} on ${host.name}: ${stderr}`);
  }
})));
process.exit();
