import { expect, it } from 'vitest';
import { isNumber, phoneNumber } from '../../../values/index.ts';

it('knows what a customer can be known by', () => {
  for (const number of ['+8613800138000', '95500', '110', '02088886666'])
    expect([number, isNumber(number)]).toEqual([number, true]);
  for (const text of ['', 'sipp', 'anonymous', '12', '+', '1001;drop', '+86 138', '1234567890123456', 'a100'])
    expect([text, isNumber(text)]).toEqual([text, false]);
});

it('understands a number once, also in the form that it was understood as; the oldest are forgotten first', () => {
  const first = phoneNumber('13800138000', 'CN');
  expect(first).toEqual({ e164: '+8613800138000', dialled: '13800138000' });
  const known = phoneNumber('+8613800138000', 'CN');
  expect(known).toEqual({ e164: '+8613800138000', dialled: '+8613800138000' });
  expect(phoneNumber('+8613800138000', 'CN')).toBe(known);
  // What is understood only with its trunk prefix is the same however it is asked for, before and after.
  expect(phoneNumber('+3750279971911', 'BY').e164).toBe('+375279971911');
  phoneNumber('00279971911', 'BY');
  expect(phoneNumber('+3750279971911', 'BY').e164).toBe('+375279971911');
  const ask = (names: string, count: number) =>
    Array.from({ length: count }, (_, n) => phoneNumber(`${names}${n}`, 'CN'));
  const many = ask('x', 1_990);
  ask('y', 100);
  expect(phoneNumber('13800138000', 'CN')).not.toBe(first);
  for (const [at, number] of many.entries()) if (at >= 200) expect(phoneNumber(`x${at}`, 'CN')).toBe(number);
});
