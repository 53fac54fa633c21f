import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberText } from '../../language/numberText.js';

describe('a number', () => {
  it.each([
    [0, '0'], [-0, '0'], [1, '1'], [3.1, '3.1'], [0.1 + 0.2, '0.3'], [100, '100'], [-12.5, '-12.5'], [1e14, '100000000000000'], [1e15, '1E+15'],
    [1.23456789012345e17, '1.23456789012345E+17'], [0.0001, '0.0001'], [0.00001, '1E-05'], [0.000012, '1.2E-05'], [1.5e300, '1.5E+300'], [NaN, 'NaN'], [-Infinity, '-Infinity'],
    [999999999999999.9, '1E+15'], [0.5, '0.5'], [17, '17'],
  ])('%s is written as %s', (value, text) => expect(numberText(value)).toBe(text));

  it('is nearly the same when it is read again', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (given) => {
      const value = Math.abs(given) < 1e-300 ? 0 : given;
      expect(Math.abs(Number(numberText(value)) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-14);
    }));
  });
});
