import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const chain = async () => (await api.send('GET', '/journal/chain', api.tokens.admin)).json();

it('says that the journal is as it was written, and where it is not', async () => {
  const events = api.site.journal.last;
  expect(events).toBeGreaterThan(5);
  expect(await Promise.all([chain(), chain()])).toEqual(Array(2).fill({ whole: true, events, erased: 0 }));
  api.site.opened.database.exec('UPDATE journal SET at = at + 1 WHERE seq = 4');
  expect(await chain()).toEqual({ whole: false, events: 3, erased: 0, broken: { seq: 4, why: 'changed' } });
});
