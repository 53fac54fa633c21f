// Writes docs/actions.md from actions/*/action.yml. `--check` writes nothing and fails when the file is not up to date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'actions.md');
const text = actionsPage(readActions());

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/actions.md is not what actions/*/action.yml say\n  Run `npm run docs` and commit the result.');
  process.exitCode = 1;
}

function readActions() {
  return readdirSync(join(root, 'actions')).sort().map((name) => ({
    ...parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')),
    name,
  }));
}

function actionsPage(actions) {
  return [
    '# The built-in actions',
    '',
    '<!-- Generated from actions/*/action.yml by `npm run docs`. Change those files, not this one. -->',
    '',
    'A step uses one as `uses: fleetwright/NAME@v1`, with its inputs under `with:`. Inputs that `validate` can check (a type, a pattern,',
    'a range, a list of options) are checked before a run starts; those that hold an expression are checked when the step begins.',
    '',
    '| action | what it does | undone by |',
    '|---|---|---|',
    ...actions.map(({ name, description, runs }) => `| [\`${name}\`](#${name}) | ${cell(description)} | ${runs.undo ? `\`${runs.undo}\`` : ''} |`),
    '',
    ...actions.flatMap(actionSection),
  ].join('\n');
}

function actionSection({ name, description, inputs = {}, outputs = {}, runs }) {
  return [
    `## ${name}`,
    '',
    description,
    '',
    ...(Object.keys(inputs).length > 0 ? ['| input | what it is | type | default |', '|---|---|---|---|', ...Object.entries(inputs).map(inputRow), ''] : []),
    ...(Object.keys(outputs).length > 0 ? ['| output | what it is |', '|---|---|', ...Object.entries(outputs).map(([key, output]) => `| \`${key}\` | ${cell(output.description)} |`), ''] : []),
    runs.undo
      ? `When the run is undone, \`${runs.undo}\` takes back what this run made here; what was there before stays.`
      : 'It has no undo.',
    '',
  ];
}

function inputRow([key, input]) {
  return `| \`${key}\` | ${cell([input.description, rangeOf(input)].filter(Boolean).join('. '))} | ${cell(typeOf(input))} | ${defaultOf(input)} |`;
}

function typeOf({ type = 'string', options, integer }) {
  if (options) return options.map((option) => `\`${option}\``).join(' or ');
  return integer ? 'whole number' : type;
}

function rangeOf(input) {
  const parts = [];
  if (input.minimum !== undefined) parts.push(`At least ${input.minimum}${input['minimum-hint'] ? ` (${input['minimum-hint']})` : ''}`);
  if (input.maximum !== undefined) parts.push(`${parts.length > 0 ? 'at' : 'At'} most ${input.maximum}${input['maximum-hint'] ? ` (${input['maximum-hint']})` : ''}`);
  if (input['pattern-hint'] && !repeats(input)) parts.push(capital(input['pattern-hint']));
  return parts.join(', ');
}

// Whether the hint says what the description says already.
function repeats({ description, 'pattern-hint': hint }) {
  const words = hint.split(' ').slice(1).join(' ').toLowerCase();
  return description.toLowerCase().includes(words);
}

function defaultOf({ required, default: value }) {
  if (required) return '**required**';
  return value === undefined || value === '' ? 'empty' : `\`${value}\``;
}

function capital(sentence) {
  return sentence[0].toUpperCase() + sentence.slice(1);
}

function cell(value) {
  return String(value).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
}
