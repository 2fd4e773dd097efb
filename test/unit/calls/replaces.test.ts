import { expect, test } from 'vitest';
import { isReplaced, referTarget } from '../../../server/calls/replaces.ts';

test.each([
  ['<sip:1002@x>', { uri: 'sip:1002@x', replaces: undefined }],
  ['sip:1002@x;transport=tcp', { uri: 'sip:1002@x', replaces: undefined }],
  ['"Ann" <sip:1002@x;user=phone>;tag=y', { uri: 'sip:1002@x;user=phone', replaces: undefined }],
  ['<sip:1002@x?Subject=a>', { uri: 'sip:1002@x', replaces: undefined }],
  // RFC 5589 §7.1, with escapes as phones write them.
  [
    '<sip:1002@x?Replaces=090459243588173445%3Bto-tag%3D9m2n3wq%3Bfrom-tag%3D763231>',
    { uri: 'sip:1002@x', replaces: { callId: '090459243588173445', toTag: '9m2n3wq', fromTag: '763231' } },
  ],
  [
    '<sip:1002@x?Accept-Contact=a&replaces=a%40b%3Bfrom-tag%3D1%3Bto-tag%3D2%3Bearly-only>',
    { uri: 'sip:1002@x', replaces: { callId: 'a@b', toTag: '2', fromTag: '1' } },
  ],
  ['<sip:1002@x?Replaces=a%3Bto-tag%3D2>', { uri: 'sip:1002@x', replaces: 'malformed' }],
  ['<sip:1002@x?Replaces=%E0%A4%A>', { uri: 'sip:1002@x', replaces: 'malformed' }],
  ['<sip:1002@x?Replaces=>', { uri: 'sip:1002@x', replaces: 'malformed' }],
])('Refer-To: %s', (header, expected) => {
  expect(referTarget(header)).toEqual(expected);
});

test('a dialog is named by Call-ID and both tags, ours as to-tag (RFC 3891 §3)', () => {
  const from = '"A" <sip:a@x;tag=no>;tag=theirs';
  const to = '<sip:b@y>;x=1;tag=ours';
  const wanted = { callId: 'c', toTag: 'ours', fromTag: 'theirs' };
  expect(isReplaced({ callId: 'c', role: 'uas', from, to }, wanted)).toBe(true);
  expect(isReplaced({ callId: 'c', role: 'uac', from: to, to: from }, wanted)).toBe(true);
  expect(isReplaced({ callId: 'c', role: 'uac', from, to }, wanted)).toBe(false);
  expect(isReplaced({ callId: 'd', role: 'uas', from, to }, wanted)).toBe(false);
  expect(isReplaced({ callId: 'c', role: 'uas', from, to: '<sip:b@y>' }, wanted)).toBe(false);
});
