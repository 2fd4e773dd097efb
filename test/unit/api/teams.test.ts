// Supervisors of a team see what is theirs and what is nobody's, through every way in: records, calls, recordings, events.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CallLog } from '../../../server/calls/call-log.ts';
import { didSchema, queueSchema } from '../../../server/directory/index.ts';
import { type ApiServer, liveCall, startApi } from './api-server.ts';

let api: ApiServer;

beforeAll(async () => {
  api = await startApi();
  const { directory } = api.site;
  await directory.queues.put(queueSchema.parse({ site: 'hq', team: 'blue', id: 'loans' }), 'setup');
  await directory.queues.put(queueSchema.parse({ site: 'hq', id: 'shared' }), 'setup');
  await directory.dids.put(didSchema.parse({ site: 'hq', team: 'red', number: '95500', flow: 'bank' }), 'setup');
  await directory.dids.put(didSchema.parse({ site: 'hq', team: 'blue', number: '95511', flow: 'bank' }), 'setup');
});
afterAll(() => api.close());

/** A call to a number, in a queue, answered by an agent and recorded. */
async function call(interaction: string, did: string, queue: string | undefined, agent: string): Promise<void> {
  const { journal, clock, directory } = api.site;
  const from = '+8613800138000';
  const facts = { interaction, direction: 'in', callId: interaction, from, to: did, toDialled: did, did } as const;
  const log = new CallLog({ journal, clock, directory }, { ...facts, language: 'en', startedAt: clock.now() });
  log.started();
  log.queue = queue;
  log.agent = agent;
  log.connected(undefined, 100);
  log.recordingStarted(`rec_${interaction}`);
  log.talkEnded('customer');
  log.recordingEnded(`rec_${interaction}`, { ms: 1_000, bytes: 1_000 });
  log.ended('talking', 'customer', 'BYE', undefined);
  await journal.append([]);
  await api.projector.settled();
}

async function seenBy(token: string): Promise<string[]> {
  const seen: string[] = [];
  const list = (await (await api.send('GET', '/interactions', token)).json()) as { interactions: { id: string }[] };
  const listed = list.interactions.map(({ id }) => id);
  const csv = await (await api.send('GET', '/interactions.csv', token)).text();
  for (const id of ['int_red', 'int_blue', 'int_shared']) {
    const ways = [
      listed.includes(id),
      csv.includes(`${id},`),
      (await api.send('GET', `/interactions/${id}`, token)).ok,
      (await api.send('GET', `/interactions/${id}/events`, token)).ok,
      (await api.send('GET', `/interactions/${id}/decisions`, token)).ok,
      (await api.send('GET', `/recordings/rec_${id}`, token)).ok,
      (await api.send('GET', `/recordings/rec_${id}/audio`, token)).ok,
      (await events(token)).includes(id),
    ];
    expect([id, new Set(ways).size, ways]).toEqual([id, 1, ways]);
    if (ways[0]) seen.push(id);
  }
  return seen;
}

/** Interactions in the stream of events, from the beginning. */
async function events(token: string): Promise<string> {
  const abort = new AbortController();
  const url = `${api.url}/api/v1/events?after=0&types=interaction.*`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal });
  let text = '';
  // The first beat's comment comes at once, the events of the past behind it; `int_end` is everybody's and the last.
  for await (const piece of response.body!) {
    text += Buffer.from(piece).toString();
    if (text.includes('int_end')) break;
  }
  abort.abort();
  return text;
}

it('a call belongs to the team of its queue, else of its agent, else of its number', async () => {
  await call('int_red', '95500', 'service', '1001');
  await call('int_blue', '95511', 'loans', '1002');
  await call('int_shared', '95500', 'shared', '1001');
  await call('int_end', '', undefined, 'nobody');
  const { red, blue, admin } = { red: api.tokens.supervisor, ...api.tokens };
  expect(await seenBy(red)).toEqual(['int_red', 'int_shared']);
  expect(await seenBy(blue)).toEqual(['int_blue']);
  expect(await seenBy(admin)).toEqual(['int_red', 'int_blue', 'int_shared']);
  // What happened before a contact came to another team stays with the first; the record goes with the contact.
  await call('int_moved', '95500', 'loans', '1002');
  expect((await api.send('GET', '/interactions/int_moved', red)).status).toBe(404);
  expect((await api.send('GET', '/interactions/int_moved', blue)).status).toBe(200);
  const teams = api.site.journal
    .ofInteraction('int_moved')
    .map(({ type, team }) => `${type.replace('interaction.', '')} ${team}`);
  expect(teams).toEqual([
    'started red',
    'answered blue',
    'recording-started blue',
    'talk-ended blue',
    'recording-ended blue',
    'ended blue',
  ]);
});

it('a call in its flow belongs to the team of its number, and nobody else watches or ends it', async () => {
  const blueCall = liveCall(api, { interaction: 'int_ivr', agent: undefined, queue: undefined, did: '95511' });
  const live = async (token: string) =>
    ((await (await api.send('GET', '/live/calls', token)).json()) as { calls: unknown[] }).calls.length;
  expect([await live(api.tokens.supervisor), await live(api.tokens.blue), await live(api.tokens.admin)]).toEqual([
    0, 1, 1,
  ]);
  const { interaction } = blueCall;
  expect((await api.send('POST', `/live/calls/${interaction}/end`, api.tokens.supervisor)).status).toBe(404);
  const move = (token: string) => api.send('POST', `/live/contacts/${interaction}/move`, token, { queue: 'shared' });
  expect((await move(api.tokens.supervisor)).status).toBe(404);
  expect((await move(api.tokens.blue)).status).toBe(204);
});

it('what a supervisor sends, schedules and looks up stays with queues and agents that are there for her', async () => {
  const { supervisor: red, blue, admin } = api.tokens;
  const status = async (method: string, path: string, as: string, body?: unknown) =>
    (await api.send(method, path, as, body)).status;
  liveCall(api, { interaction: 'int_new', agent: undefined, queue: 'service' });
  const move = (as: string, to: object) => status('POST', '/live/contacts/int_new/move', as, to);
  expect(await move(red, { queue: 'loans' })).toBe(404);
  expect(await move(red, { agent: '1002' })).toBe(404);
  expect(await move(red, { queue: 'shared' })).toBe(204);
  expect(await move(admin, { queue: 'loans' })).toBe(204);
  expect(await move(admin, { queue: 'nowhere' })).toBe(404);

  const callback = (as: string, more: object) =>
    status('POST', '/callbacks', as, { number: '+8613900139000', ...more });
  expect(await callback(red, { queue: 'loans' })).toBe(404);
  expect(await callback(red, { queue: 'shared', preferred: '1002' })).toBe(404);
  expect(await callback(red, { queue: 'shared', preferred: '1001' })).toBe(201);

  const suggested = (as: string) => status('GET', '/knowledge/suggestions?interaction=int_new', as);
  expect([await suggested(red), await suggested(blue), await suggested(admin)]).toEqual([200, 404, 200]);

  const thresholds = (as: string, queue: string, body: object = { waiting: { warn: 2, alarm: 4 } }) =>
    status('PUT', `/queues/${queue}/thresholds`, as, body);
  expect(await thresholds(red, 'service')).toBe(200);
  expect(await thresholds(blue, 'service')).toBe(404);
  expect(await thresholds(red, 'shared')).toBe(403);
  expect(await thresholds(api.tokens.agent, 'service')).toBe(403);
  expect(await thresholds(red, 'service', { waiting: { warn: 5, alarm: 4 } })).toBe(422);
  const { directory } = api.site;
  expect(directory.queues.get('service')).toMatchObject({
    thresholds: { waiting: { warn: 2, alarm: 4 } },
    dispositionRequired: true,
  });
  expect(await thresholds(admin, 'service', {})).toBe(200);
  expect(directory.queues.get('service')).not.toHaveProperty('thresholds');
});
