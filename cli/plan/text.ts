/** A preview as a person reads it. Pure. */
import type { Happens, JobPreview, Preview, StepPreview } from '../../language/preview.js';
import { cleanLine } from '../progress/text.js';
import { formatTable } from '../tables.js';

const LONGEST = 120;

export function planLines(preview: Preview): string[] {
  const { name, file, group, onFailure, jobs, undo } = preview;
  const inputs = Object.entries(preview.inputs).filter(([, value]) => value !== '').map(([key, value]) => `${key}=${value}`);
  return [
    clean(`${file}: ${name}`),
    ...(inputs.length === 0 ? [] : [clean(`Inputs: ${inputs.join(' ')}`)]),
    ...(group === undefined ? [] : [clean(`One run at a time in the group ${group}`)]),
    ...jobs.flatMap((job) => ['', ...jobLines(job)]),
    '',
    ...(undo.length === 0 ? ['No step has an undo.'] : [
      `${{ undo: 'Undone, if a step fails', keep: 'Undone, with `fleetwright undo` (a failed run is kept)', wait: 'Undone, if a step fails and a person gives it up' }[onFailure]}, last first:`,
      ...formatTable(undo.map(({ job, address, name: step, undo: by }) => ({ step: `${job}/${address.slice(address.indexOf('/') + 1)}`, name: step, undo: short(by) }))).slice(1).map((line) => `  ${line}`),
    ]),
  ];
}

function jobLines({ key, name, needs, happens, calls, openMatrix, gate, steps }: JobPreview): string[] {
  const facts = [
    ...(name === key ? [] : [name]), ...(needs.length === 0 ? [] : [`after ${needs.join(', ')}`]), ...(calls === undefined ? [] : [`calls ${calls}`]),
    ...(openMatrix ? ['its matrix is known when those are over'] : []), ...fate(happens),
  ];
  const waits = gate === undefined ? [] : [...(gate.reviewers.length === 0 ? [] : [`waits for ${gate.reviewers.join(' or ')} to approve ${gate.environment}`]), ...(gate.waitMinutes === 0 ? [] : [`waits ${gate.waitMinutes} minutes for ${gate.environment}`])];
  const rows = happens.kind === 'skipped' ? [] : steps.map((step) => ({ step: step.address, name: step.name, makes: whatOf(step) }));
  return [clean(`${key}${facts.length === 0 ? '' : `  (${facts.join('; ')})`}`), ...waits.map((line) => clean(`  ${line}`)), ...(rows.length === 0 ? [] : formatTable(rows).slice(1).map((line) => `  ${line}`))];
}

function whatOf({ uses, makes, happens }: StepPreview): string {
  const what = uses === 'run' ? `run: ${makes ?? ''}` : makes === undefined ? uses : sentence(makes);
  return [...fate(happens), ...(happens.kind === 'skipped' ? [] : [short(what)])].join('; ');
}

function fate(happens: Happens): string[] {
  if (happens.kind === 'runs') return [];
  return [happens.kind === 'skipped' ? `skipped: ${happens.because}` : `depends on ${happens.on}`];
}

/** The first of a description's parts. */
function sentence(text: string): string {
  return text.split(/; |(?<!\.)\. /, 1)[0]!.replace(/\.$/, '');
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function clean(text: string): string {
  return cleanLine(text.replace(/\s*\n\s*/g, ' '), false);
}
