/**
 * What GitHub itself would say of a workflow file, by its own schema. Slow to load (a fifth of a second and more) and in need of a
 * bundler, so it is loaded when it is first asked.
 */
import { type Diagnostic, sortDiagnostics } from './diagnostics.js';
import { plainSpaces } from './parseExpression.js';
import { EXTRA_KEYS } from './parsing/knownKeys.js';
import { readYaml, type YamlNode } from './parsing/yamlTree.js';

export interface GithubOptions {
  /** Whether our extra keys (`retry`, `undo`, `on-failure`) are reported, as GitHub would. @default false */
  readonly reportExtraKeys?: boolean;
}

/** What GitHub takes, and this package does not know yet. */
const NEWER = ['cache-mode', 'background', 'wait', 'wait-all', 'cancel', 'parallel'];

/** Does not throw for any text. Text that is too big or too deep is left to `parseWorkflowFile`. */
export async function githubDiagnostics(text: string, file: string, { reportExtraKeys = false }: GithubOptions = {}): Promise<readonly Diagnostic[]> {
  const tree = readYaml(text, file);
  if (tree.diagnostics.length > 0) return [];
  const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
  const { context } = parseWorkflow({ name: file, content: text.replace(/\$\{\{[^]*?\}\}/g, plainSpaces) }, new NoOperationTraceWriter());
  const diagnostics = context.errors.getErrors().map(({ rawMessage, range }): Diagnostic => ({
    file, line: range?.start.line ?? 1, column: range?.start.column ?? 1, message: `GitHub: ${oneLine(rawMessage)}`,
  }));
  const tolerated = [...NEWER, ...(reportExtraKeys ? [] : EXTRA_KEYS)].map((key) => `Unexpected value '${key}'`);
  const empty = emptyEvents(tree.root);
  return sortDiagnostics(diagnostics.filter(({ message, line, column }) =>
    !tolerated.some((start) => message.includes(start)) && !(NOT_EXPECTED.test(message) && empty.has(`${line}:${column}`))));
}

const NOT_EXPECTED = /Unexpected value ''|was not expected/;

/** Where events of `on`, and inputs of a dispatch, have an empty configuration: GitHub takes it for none, and this package does not. */
function emptyEvents(root: YamlNode | undefined): ReadonlySet<string> {
  const member = (node: YamlNode | undefined, name: string) => (node?.kind === 'mapping' ? node.entries.find(({ key }) => key === name)?.value : undefined);
  const on = member(root, 'on');
  const inputs = member(member(on, 'workflow_dispatch'), 'inputs');
  const values = [on, inputs].flatMap((node) => (node?.kind === 'mapping' ? node.entries.map(({ value }) => value) : []));
  const isEmpty = (node: YamlNode) => (node.kind === 'scalar' ? node.value === null || node.value === '' : (node.kind === 'mapping' ? node.entries : node.items).length === 0);
  return new Set(values.filter(isEmpty).map(({ position }) => `${position.line}:${position.column}`));
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
