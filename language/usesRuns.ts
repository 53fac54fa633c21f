/** `runs:` of an action: what it runs. */
import { suggest } from './diagnostics.js';
import type { Availability } from './expressions.js';
import { type Entries, present, type Reader } from './parsing/reader.js';
import type { YamlNode } from './parsing/yamlTree.js';
import type { ExpressionText, Template, Values } from './plan.js';
import { readCompositeSteps, type UsesCompositeStep } from './usesSteps.js';

export type { UsesCompositeStep } from './usesSteps.js';

/** When what stands before and after the main part runs: without `${{ }}`, like a step's `if`. */
interface AroundConditions {
  /** @default always() */
  readonly preIf: ExpressionText;
  /** @default always() */
  readonly postIf: ExpressionText;
}

export interface CompositeRuns {
  readonly using: 'composite';
  readonly steps: readonly UsesCompositeStep[];
}

/** Files are paths in the action's folder. */
export interface NodeRuns extends AroundConditions {
  readonly using: 'node';
  /** What the file says: `node20`. Whichever it is, the Node at hand runs it. */
  readonly version: string;
  readonly main: string;
  readonly pre?: string;
  readonly post?: string;
}

export interface DockerRuns extends AroundConditions {
  readonly using: 'docker';
  /** `docker://IMAGE`, or the path of a Dockerfile in the action's folder. */
  readonly image: string;
  /** @default the step's `with.entrypoint`, or the image's own */
  readonly entrypoint?: string;
  /** Templates over `inputs`. @default the step's `with.args`, one line of a shell's words */
  readonly args?: readonly Template[];
  /** Templates over `inputs`. */
  readonly env: Values;
  readonly preEntrypoint?: string;
  readonly postEntrypoint?: string;
}

export type UsesRuns = CompositeRuns | NodeRuns | DockerRuns;

const KEYS = {
  composite: ['using', 'steps'],
  node: ['using', 'main', 'pre', 'pre-if', 'post', 'post-if'],
  docker: ['using', 'image', 'entrypoint', 'args', 'env', 'pre-entrypoint', 'pre-if', 'post-entrypoint', 'post-if'],
};
const USING = ['composite', 'docker', 'node12', 'node16', 'node20', 'node24'];

const AROUND_SLOT: Availability = {
  contexts: ['github', 'inputs', 'vars', 'needs', 'strategy', 'matrix', 'job', 'runner', 'env', 'steps'],
  functions: ['success', 'failure', 'always', 'cancelled', 'hashfiles'],
};
const ARGS_SLOT: Availability = { contexts: ['inputs', 'github', 'strategy', 'matrix', 'job', 'runner', 'env', 'steps', 'vars'], functions: ['hashfiles'] };

export function readRuns(node: YamlNode, reader: Reader): UsesRuns | undefined {
  if (node.kind !== 'mapping') return reader.problem(node.position, '"runs" must be a mapping with "using"');
  const using = node.entries.find(({ key }) => key === 'using');
  if (!using) return reader.problem(node.position, `"using" is missing: write one of ${USING.join(', ')}`);
  const text = reader.nonEmpty(using.value, '"using"');
  if (text === undefined) return undefined;
  const kind = /^node\d+$/i.test(text) ? 'node' : text.toLowerCase();
  if (kind !== 'node' && kind !== 'docker' && kind !== 'composite') {
    return reader.problem(using.value.position, `"using" is ${JSON.stringify(text)}: use ${USING.join(', ')}`, suggest(text, USING));
  }
  const entries = reader.keys(node, '"runs"', { known: KEYS[kind], notYet: [] });
  if (kind === 'node') return readNode(text.toLowerCase(), entries, node, reader);
  return kind === 'docker' ? readDocker(entries, node, reader) : readComposite(entries, node, reader);
}

function readComposite(entries: Entries, node: YamlNode, reader: Reader): CompositeRuns | undefined {
  const steps = entries.get('steps')?.value;
  if (!steps) return reader.problem(node.position, 'a composite action needs "steps"');
  return { using: 'composite', steps: readCompositeSteps(steps, reader) };
}

function readNode(version: string, entries: Entries, node: YamlNode, reader: Reader): NodeRuns | undefined {
  const text = texts(entries, reader);
  if (!entries.has('main')) return reader.problem(node.position, 'a JavaScript action needs "main": the path of its entry file');
  const main = text('main');
  const around = { ...present({ pre: text('pre'), post: text('post') }), ...readConditions(entries, reader) };
  return main === undefined ? undefined : { using: 'node', version, main, ...around };
}

function readDocker(entries: Entries, node: YamlNode, reader: Reader): DockerRuns | undefined {
  const text = texts(entries, reader);
  if (!entries.has('image')) return reader.problem(node.position, 'a Docker action needs "image": docker://IMAGE or the path of its Dockerfile');
  const [image, args, env] = [text('image'), entries.get('args')?.value, entries.get('env')?.value];
  if (args && args.kind !== 'sequence') reader.problem(args.position, '"args" must be a list');
  const items = args?.kind === 'sequence' ? args.items.map((item) => reader.string(item, 'an argument', ARGS_SLOT)) : undefined;
  const rest = {
    env: env ? reader.values(env, '"env"', ARGS_SLOT) : {},
    ...readConditions(entries, reader),
    ...present({
      args: items?.filter((item) => item !== undefined),
      entrypoint: text('entrypoint'), preEntrypoint: text('pre-entrypoint'), postEntrypoint: text('post-entrypoint'),
    }),
  };
  return image === undefined ? undefined : { using: 'docker', image, ...rest };
}

function readConditions(entries: Entries, reader: Reader): AroundConditions {
  const condition = (key: string): string => {
    const entry = entries.get(key);
    return (entry && reader.condition(entry.value, AROUND_SLOT)) ?? 'always()';
  };
  return { preIf: condition('pre-if'), postIf: condition('post-if') };
}

function texts(entries: Entries, reader: Reader): (key: string) => string | undefined {
  return (key) => {
    const entry = entries.get(key);
    return entry && reader.nonEmpty(entry.value, `"${key}"`);
  };
}
