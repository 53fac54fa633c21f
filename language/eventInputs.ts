/** Inputs of a dispatch as its event holds them: on GitHub, `github.event.inputs` are texts and `inputs` is typed. */
import { scalarText } from './numberText.js';
import type { EventFacts, Values } from './plan.js';

/** What is given by name goes before what the event holds: that of a dispatch, or of a call that is started by hand. */
export function givenInputs(given: unknown, facts: EventFacts | undefined): unknown {
  const held = eventOf(facts)?.['inputs'];
  const takesInputs = ['workflow_dispatch', 'workflow_call'].includes(String(facts?.github['event_name']));
  if (!takesInputs || !isObject(held)) return given;
  return given === undefined || given === null || isObject(given) ? { ...held, ...given } : given;
}

/** The facts with the inputs in their event, defaults among them. Facts of other events stay as they are. */
export function withEventInputs(facts: EventFacts, inputs: Values): EventFacts {
  if (facts.github['event_name'] !== 'workflow_dispatch') return facts;
  return { ...facts, github: { ...facts.github, event: { ...eventOf(facts), inputs: inputTexts(inputs) } } };
}

export function inputTexts(inputs: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, scalarText(value)]));
}

function eventOf(facts: EventFacts | undefined): Readonly<Record<string, unknown>> | undefined {
  const event = facts?.github['event'];
  return isObject(event) ? event : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
