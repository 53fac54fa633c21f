/** `fleetwright etcd get KEY` and `etcd ls [DIRECTORY]`: what the cluster's etcd holds. */
import type { EtcdNode } from '../../infra/etcd/client.js';
import { type ClusterFlags, withCluster } from '../cluster/open.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { cleanLine } from '../progress/text.js';
import type { Terminal } from '../terminal.js';

export interface EtcdFlags extends ClusterFlags {
  readonly recursive?: boolean;
}

/** What etcd's own tools take without quotes. */
const KEY = /^\/?(?:[\w.:@+-]+\/?)*$/;

/** @throws UsageError for a key that is none, or is not there, or is a directory; as `withCluster` */
export async function etcd(terminal: Terminal, action: 'get' | 'ls', given: string | undefined, flags: EtcdFlags): Promise<ExitCode> {
  if (action === 'get' && given === undefined) throw new UsageError('etcd get needs a key: fleetwright etcd get /services/web/01');
  const key = given ?? '/';
  if (!KEY.test(key) || key.length > 512 || key.split('/').includes('..')) throw new UsageError(`${JSON.stringify(key.slice(0, 80))} is not a key: use letters, digits, "_.:@+-", and "/" between them`);
  const node = await withCluster(flags, async (cluster) => (await cluster.etcd()).get(key, { recursive: action === 'ls' && flags.recursive === true }));
  if (node === undefined) throw new UsageError(`etcd holds no ${key}\n  \`fleetwright etcd ls --recursive\` lists what it holds.`);
  if (action === 'get' && node.value === undefined) throw new UsageError(`${key} is a directory\n  \`fleetwright etcd ls ${key}\` lists it.`);
  terminal.out(...(flags.json ? [JSON.stringify(node, undefined, 2)] : action === 'get' ? valueLines(node.value ?? '') : listed(node)));
  return EXIT.ok;
}

function valueLines(value: string): string[] {
  return value.replace(/\n$/, '').split('\n').map((line) => cleanLine(line, false, { tabs: true }));
}

/** As `etcdctl ls` prints it: a directory ends in a slash. */
function listed(node: EtcdNode): string[] {
  return (node.nodes ?? [node]).flatMap((one) => [cleanLine(`${one.key}${one.value === undefined ? '/' : ''}`, false), ...(one.nodes === undefined || one.nodes.length === 0 ? [] : listed(one))]);
}
