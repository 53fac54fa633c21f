/** Turns what was given for an input into the input's type. Deterministic: workflow code uses this module. */
import { scalarText } from './numberText.js';
import type { InputType, Scalar } from './plan.js';

export type Coerced =
  | { readonly value: Scalar; readonly problem?: undefined }
  /** A clause for a person: `"four" is not a number`. */
  | { readonly problem: string; readonly value?: undefined };

/** `"12"` and 12 are the number 12; `"true"` and true are true (also `True`, `TRUE`); everything is a string. */
export function coerceInput(value: Scalar, type: InputType): Coerced {
  switch (type) {
    case 'string':
      return { value: scalarText(value) };
    case 'number':
      return coerceNumber(value);
    case 'boolean':
      if (typeof value === 'boolean') return { value };
      if (/^(?:true|True|TRUE)$/.test(String(value))) return { value: true };
      if (/^(?:false|False|FALSE)$/.test(String(value))) return { value: false };
      return { problem: `${JSON.stringify(value)} is not a boolean: give true or false` };
  }
}

function coerceNumber(value: Scalar): Coerced {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value));
  const number = Number(value);
  return isNumber && Number.isFinite(number) ? { value: number } : { problem: `${JSON.stringify(value)} is not a number` };
}
