import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUnitName } from '../../language/ids.js';
import { InvalidInputError } from '../../infra/errors.js';
import { instanceName, instanceNames, instanceOf, templateOf } from '../../infra/fleet/instances.js';
import { parseUnit, serialiseUnit, unfolded, type UnitOption } from '../../infra/fleet/unitFile.js';
import { readUnit, validateUnit } from '../../infra/fleet/validateUnit.js';
import { packagePath } from '../../infra/paths.js';

const plain = (options: readonly UnitOption[]): UnitOption[] => options.map(({ section, name, value }) => ({ section, name, value }));
const SERVICE = '[Service]\nExecStart=/bin/true\n';
const problems = (text: string, name = 'web@.service'): string[] => validateUnit(text, name, 'f').map((one) => `${one.line}: ${one.message}`);

describe('a unit file', () => {
  it('is read to its options in order, with repeated keys, comments left out and any line ends', () => {
    const text = '\uFEFF# top\r\n[Unit]\r\n Description = a = b \r\n; other\r\n\r\n[Service]\r\nExecStartPre=/bin/a\r\nExecStartPre=/bin/b\r\nExecStart=\r\n';
    expect(plain(parseUnit(text, 'f').options)).toEqual([
      { section: 'Unit', name: 'Description', value: 'a = b' },
      { section: 'Service', name: 'ExecStartPre', value: '/bin/a' },
      { section: 'Service', name: 'ExecStartPre', value: '/bin/b' },
      { section: 'Service', name: 'ExecStart', value: '' },
    ]);
  });

  it('keeps a continued value as it is sent, less the comments in it, and reads it as one line', () => {
    const { options } = parseUnit('[Service]\nExecStart=/bin/sh -c \\\n# why\n  a \\\n  b\nRestart=always\n', 'f');
    expect(options[0]).toMatchObject({ name: 'ExecStart', value: '/bin/sh -c \\\n  a \\\n  b', line: 2 });
    expect(unfolded(options[0]!.value)).toBe('/bin/sh -c    a    b');
    expect(options[1]).toMatchObject({ name: 'Restart', line: 6 });
  });

  it('comes back the same after it was written', () => {
    const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
    const line = fc.stringMatching(/^[!-~]{1,12}( [!-~]{1,12}){0,3}$/).filter((text) => !/^[#;]/.test(text) && !text.endsWith('\\'));
    const value = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join(' \\\n'));
    const option = fc.record({ section: word, name: word, value });
    fc.assert(fc.property(fc.array(option, { maxLength: 8 }), (options) => {
      const { options: again, problems: none } = parseUnit(serialiseUnit(options), 'f');
      expect(none).toEqual([]);
      expect(plain(again)).toEqual(options);
    }));
  });

  it('never makes the reader throw', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('[', ']', '=', '\\', '\n', '\r', '#', ';', ' ', 'a', '%', '"') }), (text) => {
      validateUnit(text, 'a.service', 'f');
    }));
  });

  it('is refused for lines that are nothing, each with its number', () => {
    expect(parseUnit('X=1\n[Unit\nnonsense\n[Unit]\n=1\n', 'f').problems.map((one) => `${one.line}: ${one.message}`)).toEqual([
      '1: X= stands before any section', '2: "[Unit" is not a section header: write [Name]',
      '3: "nonsense" is not an option: write Name=value', '5: "=1" is not an option: write Name=value',
    ]);
  });
});

describe('the check of a unit file', () => {
  it('finds nothing wrong with the units that ship', () => {
    const folder = packagePath('fleet-services');
    const names = readdirSync(folder);
    expect(names.toSorted()).toEqual(['db.service', 'dbhelper.service', 'mondb.service', 'monweb@.service', 'web@.service']);
    for (const name of names) expect(validateUnit(readFileSync(`${folder}/${name}`, 'utf8'), name, name)).toEqual([]);
  });

  it.each([
    ['MachineOf=db.service'], ['X-ConditionMachineOf=web@%i.service'], ['Global=true'], ['Global=false\nMachineOf=db.service'],
    ['MachineMetadata=region=eu'], ['X-ConditionMachineMetadata="disk=ssd" "region=eu"'], ['Conflicts=web@*.service'], ['X-Conflicts=a.service'],
    ['MachineID=0123456789abcdef0123456789abcdef'], ['Replaces=old.service'],
  ])('takes %j', (fleet) => {
    expect(problems(`${SERVICE}[X-Fleet]\n${fleet}\n`)).toEqual([]);
  });

  it.each([
    ['MachinOf=db.service', '4: unknown key MachinOf= in [X-Fleet]: did you mean MachineOf?'],
    ['Colour=red', '4: unknown key Colour= in [X-Fleet]: known are '],
    ['toString=1', '4: unknown key toString= in [X-Fleet]'],
    ['Global=maybe', '4: Global= is true or false, not "maybe"'],
    ['Global=yes\nMachineOf=db.service', '5: MachineOf= cannot stand beside Global=yes'],
    ['MachineID=core01', '4: MachineID= is a machine\'s id'],
    ['MachineMetadata=fast', '4: MachineMetadata= is key=value'],
    ['MachineOf=', '4: MachineOf= is empty'],
    ['MachineOf=db', '4: MachineOf= is the full name of one unit'],
    ['MachineOf=db@.service', '4: MachineOf=db@.service names a template: name an instance of it, such as db@%i.service'],
    ['MachineOf=web@.service', '4: MachineOf=web@.service names the unit itself'],
    ['Conflicts=a.service b.service', '4: Conflicts= is one unit name or pattern a line'],
  ])('refuses %j', (fleet, message) => {
    expect(problems(`${SERVICE}[X-Fleet]\n${fleet}\n`).some((one) => one.startsWith(message))).toBe(true);
  });

  it.each([
    ['', 'a.service', '1: the file has no section'],
    ['[Unit]\nDescription=x\n', 'a.service', '1: a.service has no [Service] section'],
    ['[Service]\nRestart=always\n', 'a.service', '1: a.service has no ExecStart='],
    ['[Service]\nExecStart=docker run x\n', 'a.service', '2: ExecStart= needs the absolute path of a program, not "docker"'],
    ['[Service]\nExecStart=/a\nExecStart=/b\n', 'a.service', '3: more than one ExecStart= needs Type=oneshot'],
    ['[Serivce]\nExecStart=/a\n', 'a.service', '1: unknown section [Serivce]: did you mean Service?'],
    ['[X-Flet]\nMachineOf=a.service\n[Service]\nExecStart=/a\n', 'b.service', '1: unknown section [X-Flet]: did you mean X-Fleet?'],
    [`[Unit]\nX-ConditionMachineOf=db.service\n${SERVICE}`, 'a.service', '2: X-ConditionMachineOf= is fleet\'s: move it to [X-Fleet]'],
    [`${SERVICE}[X-Fleet]\nMachineOf=web@%i.service\n`, 'a.service', '4: MachineOf=web@%i.service: a.service is no template'],
    [SERVICE, '$(id).service', '1: "$(id).service" is not a unit name'],
    [`[Service]\nExecStart=/bin/echo ${'x'.repeat(2048)}\n`, 'a.service', '2: the line is longer than the 2047 bytes that fleet can read'],
  ])('refuses %j as %s', (text, name, message) => {
    expect(problems(text, name).join('\n')).toContain(message);
  });

  it('leaves other programs\' sections alone', () => {
    expect(problems(`${SERVICE}[X-Fleetwright]\nRun=deploy/demo#1\n`)).toEqual([]);
  });

  it('throws with every problem, by file and line', () => {
    const read = () => readUnit('[Service]\nRestart=always\n[X-Fleet]\nGlobl=true\n', 'a.service', 'units/a.service');
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(/units\/a\.service:1: .*ExecStart[^]*units\/a\.service:4: .*did you mean Global/);
  });
});

describe('an instance of a template', () => {
  const web = parseUnitName('web@.service');

  it('is named with two digits', () => {
    expect(instanceNames(web, 3)).toEqual(['web@01.service', 'web@02.service', 'web@03.service']);
    expect(instanceName(web, 99)).toBe('web@99.service');
    expect(templateOf(instanceName(web, 7))).toBe(web);
    expect(instanceOf(instanceName(web, 7))).toBe('07');
    expect([templateOf(web), instanceOf(parseUnitName('db.service'))]).toEqual([undefined, undefined]);
  });

  it('is refused beyond 99, and of what is no template', () => {
    for (const wrong of [0, 100, 1.5, NaN]) expect(() => instanceName(web, wrong)).toThrow(InvalidInputError);
    expect(() => instanceNames(web, 100)).toThrow(InvalidInputError);
    expect(() => instanceName(parseUnitName('db.service'), 1)).toThrow(InvalidInputError);
  });
});
