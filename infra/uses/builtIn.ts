/** The public actions that are built in: same names, inputs and outputs, and nothing is fetched for them. Any ref will do. */
import type { BuiltInAction } from './builtInAction.js';
import { checkout } from './checkout/checkout.js';

export type { BuiltInAction, BuiltInInput, BuiltInResult } from './builtInAction.js';

const BUILT_IN: ReadonlyMap<string, BuiltInAction> = new Map([
  ['actions/checkout', checkout],
]);

/** The built-in action of that name, whatever its ref: `actions/checkout@v4`. Names compare without case. */
export function builtInAction(uses: string): BuiltInAction | undefined {
  return BUILT_IN.get(uses.split('@')[0]!.toLowerCase());
}
