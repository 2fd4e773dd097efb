import { expect, test } from 'vitest';
import { hrefOf, parseRoute } from '../../../web/src/route.ts';

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
