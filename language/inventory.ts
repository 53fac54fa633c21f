/**
 * An inventory's text (`inventory.yml`: the servers that a user has) into an inventory, or all that is wrong with it.
 *
 * 1. It never throws, whatever the text is, and it looks at nothing but the text.
 * 2. Every problem is reported at once, in the order of the file; with a problem there is no inventory.
 */
import { type Diagnostic, type Position, sortDiagnostics } from './diagnostics.js';
import { InvalidIdError, type MachineName, parseMachineName } from './ids.js';
import { type Entries, present, Reader } from './parsing/reader.js';
import { readYaml, type YamlNode } from './parsing/yamlTree.js';

/** A server of the user's own. What is absent is as the user's SSH configuration says, and else as OpenSSH has it. */
export interface InventoryHost {
  /** The machine's name in the cluster: for `runs-on`, fleet's metadata and etcd. */
  readonly name: MachineName;
  /** IP address, host name, or a `Host` of the SSH configuration. */
  readonly address: string;
  readonly user?: string;
  readonly port?: number;
  /** Path of a private key; a leading `~/` is the user's home. */
  readonly key?: string;
  /** IPv4 address by which the machines reach it. @default the address of the interface with the default route */
  readonly privateAddress?: string;
  /** IPv4 address by which its web servers are reached. @default what `address` resolves to */
  readonly publicAddress?: string;
  /** fleet's metadata, beside `hostname`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Jump hosts in order, separated by commas: `[user@]host[:port]`, as OpenSSH's ProxyJump. */
  readonly jump?: string;
}

export interface Inventory {
  /** In the order of the file: the first holds the cluster's own services. */
  readonly hosts: readonly InventoryHost[];
}

export interface ReadInventory {
  /** Absent when there are diagnostics. */
  readonly inventory?: Inventory;
  readonly diagnostics: readonly Diagnostic[];
}

const START: Position = { line: 1, column: 1 };
const ROOT_KEYS = { known: ['hosts', 'user', 'port', 'key', 'jump'], notYet: [] } as const;
const HOST_KEYS = { known: ['name', 'address', 'user', 'port', 'key', 'private-address', 'public-address', 'labels', 'jump'], notYet: [] } as const;
const ADDRESS = /^(?!-)(?:[\w.-]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?)$/;
const USER = /^[a-zA-Z_][\w.@\\-]{0,63}\$?$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const JUMP = /^(?:[a-zA-Z_][\w.-]*@)?(?:[\w.][\w.-]*|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;
const LABEL = /^[A-Za-z][\w.-]*$/;
const LABEL_VALUE = /^[\w.:/-]+$/;

/** @param file the file as the user named it, for messages */
export function readInventory(text: string, file: string): ReadInventory {
  const tree = readYaml(text, file);
  const reader = new Reader(file, text, tree.positionAt);
  const hosts = tree.root && tree.root.kind === 'mapping' ? readRoot(tree.root, reader) : [];
  if (tree.diagnostics.length === 0 && tree.root?.kind !== 'mapping') reader.problem(START, 'an inventory must be a mapping with "hosts"');
  const diagnostics = sortDiagnostics([...tree.diagnostics, ...reader.diagnostics]);
  return diagnostics.length > 0 ? { diagnostics } : { inventory: { hosts }, diagnostics };
}

function readRoot(root: YamlNode, reader: Reader): readonly InventoryHost[] {
  const entries = reader.keys(root, 'the inventory', ROOT_KEYS);
  const forAll = readAccess(entries, reader);
  const list = entries.get('hosts');
  if (!list) return reader.problem(START, '"hosts" is missing: list the servers below it') ?? [];
  if (list.value.kind !== 'sequence' || list.value.items.length === 0) return reader.problem(list.value.position, '"hosts" must be a list of at least one server') ?? [];
  const read = list.value.items.flatMap((node) => {
    const host = readHost(node, reader);
    return host ? [{ node, host: { ...forAll, ...host } }] : [];
  });
  unique('name', read.map(({ node, host }) => [host.name, node]), reader);
  unique('address', read.map(({ node, host }) => [`${host.address}${host.port === undefined ? '' : `:${host.port}`}`, node]), reader);
  unique('private-address', read.flatMap(({ node, host }) => (host.privateAddress ? [[host.privateAddress, node] as const] : [])), reader);
  return read.map(({ host }) => host);
}

function unique(what: string, values: readonly (readonly [string, YamlNode])[], reader: Reader): void {
  const seen = new Map<string, YamlNode>();
  for (const [value, node] of values) {
    const first = seen.get(value);
    if (first) reader.problem(node.position, `the ${what} ${value} is that of the server in line ${first.position.line}, too`);
    else seen.set(value, node);
  }
}

type Access = Pick<InventoryHost, 'user' | 'port' | 'key' | 'jump'>;

/** What may be said of all hosts at once, too. */
function readAccess(entries: Entries, reader: Reader): Access {
  const read = <T>(key: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && reading(entry.value);
  };
  return present({
    user: read('user', (node) => fitting(node, 'user', USER, 'is no name of a user', reader)),
    port: read('port', (node) => readPort(node, reader)),
    key: read('key', (node) => reader.nonEmpty(node, '"key"')),
    jump: read('jump', (node) => readJump(node, reader)),
  }) as Access;
}

function readHost(node: YamlNode, reader: Reader): InventoryHost | undefined {
  const entries = reader.keys(node, 'a server', HOST_KEYS);
  if (node.kind !== 'mapping') return undefined;
  const access = readAccess(entries, reader);
  const value = (key: string): YamlNode | undefined => entries.get(key)?.value;
  const [nameNode, addressNode, privateNode, publicNode] = [value('name'), value('address'), value('private-address'), value('public-address')];
  const labels = value('labels') ? readLabels(value('labels')!, reader) : {};
  for (const [key, there] of [['name', nameNode], ['address', addressNode]] as const) if (!there) reader.problem(node.position, `a server needs "${key}"`);
  const name = nameNode && readName(nameNode, reader);
  const address = addressNode && fitting(addressNode, 'address', ADDRESS, 'is no IP address or host name', reader);
  const own = present({
    privateAddress: privateNode && fitting(privateNode, 'private-address', IPV4, 'is no IPv4 address', reader),
    publicAddress: publicNode && fitting(publicNode, 'public-address', IPV4, 'is no IPv4 address', reader),
  });
  return name && address ? { name, address, labels, ...access, ...own } : undefined;
}

function readName(node: YamlNode, reader: Reader): MachineName | undefined {
  const text = reader.nonEmpty(node, '"name"');
  if (text === undefined) return undefined;
  try {
    return parseMachineName(text);
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    return reader.problem(node.position, error.message);
  }
}

function readPort(node: YamlNode, reader: Reader): number | undefined {
  const port = reader.number(node, '"port"', { least: 1, integer: true });
  if (typeof port !== 'number' || port <= 65_535) return port as number | undefined;
  return reader.problem(node.position, `"port" must be at most 65535, not ${port}`);
}

function readJump(node: YamlNode, reader: Reader): string | undefined {
  const text = reader.nonEmpty(node, '"jump"');
  if (text === undefined || text === 'none') return text;
  const bad = text.split(',').map((part) => part.trim()).filter((part) => !JUMP.test(part));
  if (bad.length === 0) return text.replaceAll(/\s/g, '');
  return reader.problem(node.position, `"jump": ${JSON.stringify(bad[0])} is no jump host: write [user@]host[:port], more of them separated by commas`);
}

function readLabels(node: YamlNode, reader: Reader): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const { key, keyPosition, value } of reader.mapping(node, '"labels"')?.entries ?? []) {
    const text = reader.nonEmpty(value, `"labels.${key}"`);
    if (!LABEL.test(key) || key === 'hostname') reader.problem(keyPosition, `${JSON.stringify(key)} is no name for a label: use letters, digits, "_", "." and "-", a letter first, and not "hostname"`);
    else if (text !== undefined && !LABEL_VALUE.test(text)) reader.problem(value.position, `the label ${key} has the value ${JSON.stringify(text)}: use letters, digits, "_", ".", ":", "/" and "-"`);
    else if (text !== undefined) labels[key] = text;
  }
  return labels;
}

function fitting(node: YamlNode, key: string, pattern: RegExp, complaint: string, reader: Reader): string | undefined {
  const text = reader.nonEmpty(node, `"${key}"`);
  if (text === undefined || pattern.test(text)) return text;
  return reader.problem(node.position, `"${key}": ${JSON.stringify(text.slice(0, 80))} ${complaint}`);
}
