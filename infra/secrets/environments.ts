/** `environments:` of the settings file. */
import { isScalar, isSeq } from 'yaml';
import { entries, type Entry, isEmpty, type Report, textOf } from './yamlEntries.js';

/** `EnvironmentGate` of language/plan. */
export interface EnvironmentSettings {
  readonly reviewers: readonly string[];
  readonly waitMinutes?: number;
}

/** GitHub's limit of a wait timer: 30 days. */
const MOST_MINUTES = 43_200;

export function addEnvironment(found: Map<string, EnvironmentSettings>, { name, at, value }: Entry, report: Report): void {
  const key = name.toLowerCase();
  if (found.has(key)) return report(at, `${JSON.stringify(name)} is there twice: environments are compared without case`);
  let reviewers: readonly string[] = [];
  let waitMinutes: number | undefined;
  if (!isEmpty(value)) {
    for (const entry of entries(value, `the environment ${name}`, report)) {
      if (entry.name === 'reviewers') reviewers = readReviewers(name, entry, report) ?? [];
      else if (entry.name === 'wait-timer') waitMinutes = readMinutes(name, entry, report);
      else report(entry.at, `unknown key ${JSON.stringify(entry.name)} in the environment ${name}: there are "reviewers" and "wait-timer"`);
    }
  }
  found.set(key, { reviewers, ...(waitMinutes === undefined ? {} : { waitMinutes }) });
}

function readReviewers(name: string, { at, value }: Entry, report: Report): readonly string[] | undefined {
  const names = isSeq(value) ? value.items.map(textOf) : [textOf(value)];
  if (names.length > 0 && names.every((one) => one !== undefined && one.trim() !== '')) return names as string[];
  return report(at, `reviewers of the environment ${name} is a list of names, as in [ann, bob]`);
}

function readMinutes(name: string, { at, value }: Entry, report: Report): number | undefined {
  const minutes = isScalar(value) ? value.value : undefined;
  if (typeof minutes === 'number' && Number.isInteger(minutes) && minutes >= 0 && minutes <= MOST_MINUTES) return minutes;
  return report(at, `wait-timer of the environment ${name} is a whole number of minutes, 0 to ${MOST_MINUTES}`);
}
