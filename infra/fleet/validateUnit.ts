/** What fleet should refuse and does not: it answers 201 to a unit that can never be placed or started. */
import { InvalidIdError, parseUnitName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';
import { nearest } from './nearest.js';
import { parseUnit, unfolded, type ParsedUnit, type PlacedUnitOption, type UnitOption, type UnitProblem } from './unitFile.js';

/** Requirements of fleet 1.0.0, under each of their spellings (job/job.go), by what they mean. */
const REQUIREMENTS: Readonly<Record<string, string>> = {
  MachineID: 'MachineID',
  'X-ConditionMachineID': 'MachineID',
  'X-ConditionMachineBootID': 'MachineID',
  MachineOf: 'MachineOf',
  'X-ConditionMachineOf': 'MachineOf',
  MachineMetadata: 'MachineMetadata',
  'X-ConditionMachineMetadata': 'MachineMetadata',
  Conflicts: 'Conflicts',
  'X-Conflicts': 'Conflicts',
  Global: 'Global',
  Replaces: 'Replaces',
};

/** Requirements that fleet refuses, or ignores, beside another. */
const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['Global', 'MachineOf'],
  ['Global', 'MachineID'],
  ['Global', 'Conflicts'],
  ['Global', 'Replaces'],
  ['MachineID', 'MachineOf'],
  ['MachineID', 'Conflicts'],
];

const SECTIONS = ['Unit', 'Install', 'Service', 'Socket', 'Device', 'Mount', 'Automount', 'Timer', 'Path', 'X-Fleet'];
const TRUTH = /^(?:true|yes|1|on|t|false|no|0|off|f)$/i;
const TRUE = /^(?:true|yes|1|on|t)$/i;

interface Requirement {
  readonly key: string;
  readonly means: string;
  readonly value: string;
  readonly line: number;
}

/** What is wrong with a unit file, all of it, by line. Empty when it is fine. */
export function validateUnit(text: string, name: string, file: string): readonly UnitProblem[] {
  const unit = parseUnit(text, file);
  const found: { line: number; message: string }[] = [];
  const problem = (line: number, message: string) => void found.push({ line, message });
  checkName(name, problem);
  checkSections(unit, name, problem);
  checkCommands(unit, name, problem);
  const requirements = checkKeys(unit.options, problem);
  for (const requirement of requirements) checkValue(requirement, name, problem);
  checkTogether(requirements, problem);
  return [...unit.problems, ...found.map((one) => ({ file, ...one }))].sort((a, b) => a.line - b.line);
}

/** The options of a unit file's text. @throws InvalidInputError with every problem, one `file:line: message` each */
export function readUnit(text: string, name: string, file: string): readonly UnitOption[] {
  const problems = validateUnit(text, name, file);
  if (problems.length > 0) {
    throw new InvalidInputError(problems.map((one) => `${one.file}:${one.line}: ${one.message}`).join('\n'), `Mend ${file}; nothing was submitted.`);
  }
  return parseUnit(text, file).options.map(({ section, name: option, value }) => ({ section, name: option, value }));
}

type Report = (line: number, message: string) => void;

function checkName(name: string, problem: Report): void {
  try {
    parseUnitName(name);
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    problem(1, error.message);
  }
}

function checkSections(unit: ParsedUnit, name: string, problem: Report): void {
  if (unit.sections.length === 0) problem(1, 'the file has no section: it needs [Service] at least');
  for (const section of unit.sections) {
    if (SECTIONS.includes(section.name) || (section.name.startsWith('X-') && !nearest(section.name, ['X-Fleet']))) continue;
    problem(section.line, `unknown section [${section.name}]${suggestion(section.name, SECTIONS)}`);
  }
  const type = /\.(\w+)$/.exec(name)?.[1];
  const own = type && SECTIONS.find((section) => section.toLowerCase() === type);
  if (own && unit.sections.length > 0 && !unit.sections.some((section) => section.name === own)) problem(1, `${name} has no [${own}] section`);
}

function checkCommands(unit: ParsedUnit, name: string, problem: Report): void {
  const service = unit.sections.find((section) => section.name === 'Service');
  if (!service) return;
  const options = unit.options.filter((option) => option.section === 'Service');
  const starts = options.filter((option) => option.name === 'ExecStart' && option.value !== '');
  const oneshot = options.some((option) => option.name === 'Type' && option.value === 'oneshot');
  if (starts.length === 0) problem(service.line, `${name} has no ExecStart= in [Service]: it would start nothing`);
  if (starts.length > 1 && !oneshot) problem(starts[1]!.line, 'more than one ExecStart= needs Type=oneshot');
  for (const option of options) {
    if (!/^Exec(?:Start|StartPre|StartPost|Stop|StopPost|Reload)$/.test(option.name) || option.value === '') continue;
    const program = unfolded(option.value).replace(/^[-@:+!]+/, '').split(/\s/, 1)[0]!;
    if (!program.startsWith('/')) problem(option.line, `${option.name}= needs the absolute path of a program, not ${JSON.stringify(program)}`);
  }
}

function checkKeys(options: readonly PlacedUnitOption[], problem: Report): Requirement[] {
  const requirements: Requirement[] = [];
  for (const { section, name: key, value, line } of options) {
    if (section !== 'X-Fleet') {
      if (key.startsWith('X-Condition') || (section === 'Unit' && key in REQUIREMENTS && key !== 'Conflicts')) problem(line, `${key}= is fleet's: move it to [X-Fleet]`);
      continue;
    }
    const means = Object.hasOwn(REQUIREMENTS, key) ? REQUIREMENTS[key] : undefined;
    if (means) requirements.push({ key, means, value: unfolded(value), line });
    else problem(line, `unknown key ${key}= in [X-Fleet]${suggestion(key, Object.keys(REQUIREMENTS))}`);
  }
  return requirements;
}

function checkValue({ key, means, value, line }: Requirement, unit: string, problem: Report): void {
  if (value === '') return problem(line, `${key}= is empty`);
  if (means === 'Global' && !TRUTH.test(value)) problem(line, `${key}= is true or false, not ${JSON.stringify(value)}`);
  if (means === 'MachineID' && !/^[0-9a-f]{32}$/.test(value)) problem(line, `${key}= is a machine's id, 32 hexadecimal digits, not ${JSON.stringify(value)}`);
  if (means === 'MachineMetadata' && !metadataPairs(value).every((pair) => /^[^=\s"]+=[^=\s"]+$/.test(pair))) {
    problem(line, `${key}= is key=value, not ${JSON.stringify(value)}: fleet would ignore it`);
  }
  if (means === 'MachineOf') checkMachineOf(key, value, unit, line, problem);
  if ((means === 'Conflicts' || means === 'Replaces') && !/^[\w@%:.*?[\]\\-]+$/.test(value)) {
    problem(line, `${key}= is one unit name or pattern a line, not ${JSON.stringify(value)}`);
  }
}

/** `%i`, `%p`, `%n` and `%N` are filled in by fleet: `01` stands for an instance here. */
function checkMachineOf(key: string, value: string, unit: string, line: number, problem: Report): void {
  const target = value.replaceAll('%i', '01').replaceAll('%p', unit.split(/[@.]/, 1)[0]!).replaceAll('%n', unit).replaceAll('%N', unit.replace(/\.\w+$/, ''));
  if (value.includes('%i') && !/^[^@]+@/.test(unit)) problem(line, `${key}=${value}: ${unit} is no template, %i is empty in it`);
  else if (target === unit) problem(line, `${key}=${value} names the unit itself`);
  else if (!isUnitName(target)) problem(line, `${key}= is the full name of one unit, such as db.service, not ${JSON.stringify(value)}`);
  else if (/@\.\w+$/.test(target)) problem(line, `${key}=${value} names a template: name an instance of it, such as ${value.replace('@.', '@%i.')}`);
}

function isUnitName(name: string): boolean {
  try {
    return Boolean(parseUnitName(name));
  } catch {
    return false;
  }
}

function metadataPairs(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!);
}

function checkTogether(requirements: readonly Requirement[], problem: Report): void {
  const isGlobal = TRUE.test(requirements.findLast((one) => one.means === 'Global')?.value ?? '');
  for (const [one, other] of EXCLUSIVE) {
    const first = requirements.find((requirement) => requirement.means === one);
    const second = requirements.find((requirement) => requirement.means === other);
    if (first && second && (one !== 'Global' || isGlobal)) problem(second.line, `${second.key}= cannot stand beside ${first.key}=${first.value}: fleet would not place the unit`);
  }
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near ? `: did you mean ${near}?` : `: known are ${known.join(', ')}`;
}
