import { expect, test } from 'vitest';
import { dialLink, hrefOf, parseRoute } from '../../../web/src/route.ts';

test.each([
  ['', { area: undefined, path: [] }],
  ['#/desk', { area: 'desk', path: [] }],
  ['#/admin/queues/service', { area: 'admin', path: ['queues', 'service'] }],
  ['#/admin/dids/%2B8695500', { area: 'admin', path: ['dids', '+8695500'] }],
  ['#/elsewhere/queues', { area: undefined, path: [] }],
  ['#/admin/%', { area: 'admin', path: ['%'] }],
])('the address %s', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

test('an address leads back to where it was made', () => {
  expect(parseRoute(hrefOf('admin', 'dial-rules', '+86/1 #'))).toEqual({
    area: 'admin',
    path: ['dial-rules', '+86/1 #'],
  });
});

test.each([
  ['#/dial?number=%2B8613800138000', '+8613800138000'],
  ['#/dial?number=+86 138-0013-8000', '+8613800138000'],
  ['#/dial?number=tel%3A%2B86-138-0013-8000%3Bext%3D12', '+8613800138000'],
  ['#/dial?number=web%2Btel:(021)%2055.66', '0215566'],
  ['#/dial?number=tel:*701%23', '*701#'],
  ['#/dial?number=sip:ada@evil.example', undefined],
  ['#/dial?number=', undefined],
  ['#/dial', undefined],
  ['#/desk?number=95500', undefined],
])('the link %s dials %s', (hash, number) => {
  expect(dialLink(hash)).toBe(number);
});
