/** A run with its workspaces, and the built-in actions that keep files for it. */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunId } from '../../../language/ids.js';
import { stateDir } from '../../../infra/paths.js';
import { builtInAction, type BuiltInInput, type BuiltInResult } from '../../../infra/uses/builtIn.js';
import { localFiles } from '../../../infra/uses/localFiles.js';

export interface Step {
  readonly job?: string;
  readonly run?: string;
  readonly step?: string;
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export function workspaceOf(job = 'build', run = 'ci#1'): string {
  const folder = stateDir('runs', encodeURIComponent(run), 'jobs', job, 'workspace');
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function inputOf(uses: string, inputs: Readonly<Record<string, string>>, { job = 'build', run = 'ci#1', step = `${job}/1`, log = () => undefined, signal }: Step = {}): BuiltInInput {
  const declared = Object.entries(builtInAction(uses)!.action.inputs).map(([name, { default: value }]) => [name, String(value ?? '').replace(/^\$\{\{.*/, '')]);
  const workspace = workspaceOf(job, run);
  return {
    inputs: { ...Object.fromEntries(declared), ...inputs }, run: parseRunId(run), step, files: localFiles(), workspace, temp: join(workspace, '../temp'),
    github: { repository: 'me/app' }, log, mask: () => undefined, signal,
  };
}

export function use(uses: string, inputs: Readonly<Record<string, string>>, step: Step = {}): Promise<BuiltInResult> {
  return builtInAction(uses)!.main(inputOf(uses, inputs, step));
}

/** Every file below the folder with its text, by path. */
export function contents(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().filter((path) => !statSync(join(folder, path)).isDirectory());
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}
