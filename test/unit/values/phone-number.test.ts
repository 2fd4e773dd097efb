import { expect, it } from 'vitest';
import { isNumber } from '../../../values/index.ts';

it('knows what a customer can be known by', () => {
  for (const number of ['+8613800138000', '95500', '110', '02088886666'])
    expect([number, isNumber(number)]).toEqual([number, true]);
  for (const text of ['', 'sipp', 'anonymous', '12', '+', '1001;drop', '+86 138', '1234567890123456', 'a100'])
    expect([text, isNumber(text)]).toEqual([text, false]);
});
