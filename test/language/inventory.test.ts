import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { readInventory } from '../../language/inventory.js';

const problems = (text: string): string[] => readInventory(text, 'inventory.yml').diagnostics.map(formatDiagnostic);

describe('an inventory', () => {
  it('gives its hosts in order; what is said once goes for all, unless one says otherwise', () => {
    const text = 'user: admin\nport: 2222\nhosts:\n  - name: core01\n    address: 192.0.2.1\n    private-address: 10.0.0.1\n    labels: {rack: a1, ssd: true}\n'
      + '  - {name: web-2, address: web.example.com, user: root, port: 22, key: ~/.ssh/k, jump: "me@one, [2001:db8::1]:2200", public-address: 192.0.2.2}\n';
    expect(readInventory(text, 'inventory.yml')).toEqual({
      diagnostics: [],
      inventory: {
        hosts: [
          { name: 'core01', address: '192.0.2.1', user: 'admin', port: 2222, privateAddress: '10.0.0.1', labels: { rack: 'a1', ssd: 'true' } },
          { name: 'web-2', address: 'web.example.com', user: 'root', port: 22, key: '~/.ssh/k', jump: 'me@one,[2001:db8::1]:2200', publicAddress: '192.0.2.2', labels: {} },
        ],
      },
    });
  });

  it('says all that is wrong with it at once, each with its place', () => {
    const text = [
      'hosts:',
      '  - name: Core_1',
      '    adress: 192.0.2.1',
      '    port: 70000',
      '  - name: core02',
      '    address: 192.0.2.2',
      '    private-address: 300.0.0.1',
      '    labels:',
      '      hostname: x',
      '      rack: "a,b"',
      '  - name: core02',
      '    address: 192.0.2.2',
      '    jump: a b',
      '    user: "; id"',
      '  - core04',
      '',
    ].join('\n');
    expect(problems(text)).toEqual([
      'inventory.yml:2:5: a server needs "address"',
      'inventory.yml:2:11: "Core_1" is not a machine name: use lower-case letters, digits and single dashes, a letter first, at most 32 characters',
      'inventory.yml:3:5: unknown key "adress" in a server: did you mean "address"?',
      'inventory.yml:4:11: "port" must be at most 65535, not 70000',
      'inventory.yml:7:22: "private-address": "300.0.0.1" is no IPv4 address',
      'inventory.yml:9:7: "hostname" is no name for a label: use letters, digits, "_", "." and "-", a letter first, and not "hostname"',
      'inventory.yml:10:13: the label rack has the value "a,b": use letters, digits, "_", ".", ":", "/" and "-"',
      'inventory.yml:11:5: the name core02 is that of the server in line 5, too',
      'inventory.yml:11:5: the address 192.0.2.2 is that of the server in line 5, too',
      'inventory.yml:13:11: "jump": "a b" is no jump host: write [user@]host[:port], more of them separated by commas',
      'inventory.yml:14:11: "user": "; id" is no name of a user',
      'inventory.yml:15:5: a server must be a mapping (key: value), not "core04"',
    ]);
  });

  it.each([
    ['', 'inventory.yml:1:1: an inventory must be a mapping with "hosts"'],
    ['- a', 'inventory.yml:1:1: an inventory must be a mapping with "hosts"'],
    ['user: a', 'inventory.yml:1:1: "hosts" is missing: list the servers below it'],
    ['hosts: []', 'inventory.yml:1:8: "hosts" must be a list of at least one server'],
  ])('that is %j says what it must be', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('is what the example is, and has the keys that the schema has', () => {
    expect(problems(readFileSync('deployments/inventory.example.yml', 'utf8'))).toEqual([]);
    const schema = JSON.parse(readFileSync('schema/inventory.schema.json', 'utf8')) as { properties: { hosts: { items: { properties: object } } } };
    const every = [...Object.keys(schema.properties), ...Object.keys(schema.properties.hosts.items.properties)];
    const text = `hosts:\n  - ${Object.keys(schema.properties.hosts.items.properties).map((key) => `${key}: {}`).join('\n    ')}\n${Object.keys(schema.properties).filter((key) => key !== 'hosts').map((key) => `${key}: {}\n`).join('')}`;
    expect(problems(text).filter((line) => line.includes('unknown'))).toEqual([]);
    expect(problems(text.replaceAll(/^( *(?:- )?)(\w)/gm, '$1x$2')).filter((line) => line.includes('unknown key')).length).toBeGreaterThanOrEqual(1);
    expect(every).toContain('private-address');
  });
});
