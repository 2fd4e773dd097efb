// Vectors: op 13 of the provider's documents, and the test of its Go SDK (botgo). The sample of sign.md does not verify; not used.
import { createPrivateKey, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { BotKey } from '../../../../sidecar/channels/qq/signature.ts';

test('op 13 is proved as documented', () => {
  expect(new BotKey('DG5g3B4j9X2KOErG').prove('1725442341', 'Arq0D5A61EgUu4OxUvOp')).toBe(
    '87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706',
  );
});

const secret = '123456abcdef';
const signature =
  'e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004';
const timestamp = '1728981195';
const body = Buffer.from(
  '{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","author":{"id":"675860273","user_openid":"675860273"}}',
);

test('the callback of the SDK’s test is signed', () => {
  expect(new BotKey(secret).isSigned(signature, timestamp, body)).toBe(true);
});

test('everything else is not', () => {
  const key = new BotKey(secret);
  expect(key.isSigned(signature, '1728981196', body)).toBe(false);
  expect(key.isSigned(signature, timestamp, Buffer.concat([body, Buffer.from(' ')]))).toBe(false);
  expect(new BotKey('another').isSigned(signature, timestamp, body)).toBe(false);
  expect(key.isSigned(undefined, timestamp, body)).toBe(false);
  expect(key.isSigned(signature.slice(2), timestamp, body)).toBe(false);
  expect(key.isSigned(`${signature.slice(0, 126)}zz`, timestamp, body)).toBe(false);
  // The highest bits of S: the same signature with one of them set is refused before any arithmetic.
  const high = Buffer.from(signature, 'hex');
  high[63] = (high[63] as number) | 0x20;
  expect(key.isSigned(high.toString('hex'), timestamp, body)).toBe(false);
});

test.each(['a', '0123456789012345', 'x'.repeat(32), 'y'.repeat(100)])(
  'the seed of a secret of any length (%#)',
  (text) => {
    let seed = text;
    while (seed.length < 32) seed += text;
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed.slice(0, 32))]);
    const theirs = sign(null, Buffer.from('1tok'), createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    expect(new BotKey(text).prove('1', 'tok')).toBe(theirs.toString('hex'));
  },
);
