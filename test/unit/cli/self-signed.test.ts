import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { selfSigned } from '../../../cli/self-signed.ts';

const from = new Date('2026-01-02T03:04:05Z');
const to = new Date('2051-01-02T03:04:05Z');

it('makes a certificate that signs itself and names hosts and addresses', () => {
  const { certificate, key } = selfSigned(['desk.bank.example', '192.0.2.7', '2001:db8::7'], { from, to });
  const read = new X509Certificate(certificate);
  expect(read.subject).toBe('CN=desk.bank.example');
  expect(read.subjectAltName).toBe('DNS:desk.bank.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7');
  expect([Date.parse(read.validFrom), Date.parse(read.validTo)]).toEqual([from.getTime(), to.getTime()]);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkIssued(read)).toBe(true);
  expect(read.ca).toBe(false);
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

it('gives each its own serial number and key', () => {
  const [a, b] = [selfSigned(['a'], { from, to }), selfSigned(['a'], { from, to })];
  expect(a.key).not.toBe(b.key);
  expect(new X509Certificate(a.certificate).serialNumber).not.toBe(new X509Certificate(b.certificate).serialNumber);
});
