/**
 * What GitHub itself would say of a workflow file, by its own schema. Slow to load (a fifth of a second and more) and in need of a
 * bundler, so it is loaded when it is first asked.
 */
import { type Diagnostic, sortDiagnostics } from './diagnostics.js';
import { EXTRA_KEYS } from './parsing/knownKeys.js';
import { readYaml } from './parsing/yamlTree.js';

export interface GithubOptions {
  /** Whether our extra keys (`retry`, `undo`, `on-failure`) are reported, as GitHub would. @default false */
  readonly reportExtraKeys?: boolean;
}

/** Does not throw for any text. Text that is too big or too deep is left to `parseWorkflowFile`. */
export async function githubDiagnostics(text: string, file: string, { reportExtraKeys = false }: GithubOptions = {}): Promise<readonly Diagnostic[]> {
  if (readYaml(text, file).diagnostics.length > 0) return [];
  const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
  const { context } = parseWorkflow({ name: file, content: text }, new NoOperationTraceWriter());
  const diagnostics = context.errors.getErrors().map(({ rawMessage, range }): Diagnostic => ({
    file, line: range?.start.line ?? 1, column: range?.start.column ?? 1, message: `GitHub: ${oneLine(rawMessage)}`,
  }));
  const extra = EXTRA_KEYS.map((key) => `Unexpected value '${key}'`);
  return sortDiagnostics(diagnostics.filter(({ message }) => reportExtraKeys || !extra.some((start) => message.includes(start))));
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
