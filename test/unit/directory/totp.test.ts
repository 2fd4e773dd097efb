import { expect, it } from 'vitest';
import { base32, keyUri, oneTimeCode, stepOfCode } from '../../../server/directory/totp.ts';

const secret = Buffer.from('12345678901234567890');

// RFC 4226, appendix D.
it.each([
  [0, '755224'],
  [1, '287082'],
  [2, '359152'],
  [3, '969429'],
  [4, '338314'],
  [5, '254676'],
  [6, '287922'],
  [7, '162583'],
  [8, '399871'],
  [9, '520489'],
])('makes the code of counter %i as the RFC does', (counter, code) => {
  expect(oneTimeCode(secret, counter)).toBe(code);
});

// RFC 6238, appendix B: the last six of its eight digits.
it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('takes the code of second %i', (second, code) => {
  expect(stepOfCode(secret, code, second * 1_000)).toBe(Math.floor(second / 30));
});

it('allows one step either way, and a step only once', () => {
  const now = 1_700_000_010_000;
  const step = Math.floor(now / 30_000);
  expect(stepOfCode(secret, oneTimeCode(secret, step - 1), now)).toBe(step - 1);
  expect(stepOfCode(secret, oneTimeCode(secret, step + 1), now)).toBe(step + 1);
  expect(stepOfCode(secret, oneTimeCode(secret, step - 2), now)).toBeUndefined();
  expect(stepOfCode(secret, oneTimeCode(secret, step + 2), now)).toBeUndefined();
  expect(stepOfCode(secret, oneTimeCode(secret, step), now, step)).toBeUndefined();
  expect(stepOfCode(secret, '12345', now)).toBeUndefined();
});

// RFC 4648 §10, without padding.
it.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('writes %j in base32', (text, encoded) => {
  expect(base32(Buffer.from(text))).toBe(encoded);
});

it('makes the address that apps read', () => {
  expect(keyUri('My Bank', '1001', secret)).toBe(
    'otpauth://totp/My%20Bank:1001?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Bank&algorithm=SHA1&digits=6&period=30',
  );
});
