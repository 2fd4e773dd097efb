import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSchema, queueSchema } from '../../../server/directory/index.ts';
import { longCall } from '../customers/call-events.ts';
import { type ApiServer, liveCall, startApi } from './api-server.ts';

let api: ApiServer;

beforeAll(async () => {
  api = await startApi();
  const { journal, directory, clock } = api.site;
  if (!directory.queues.get('service'))
    await directory.queues.put(queueSchema.parse({ site: 'hq', id: 'service' }), 'setup');
  const red = longCall('int_1', clock.at, 'cus_1').map((event) => ({ ...event, team: 'red' }));
  await journal.append(red);
  await api.projector.settled();
});
afterAll(async () => {
  await api.close();
});

const send = async (method: string, path: string, as: string, body?: unknown) => {
  const response = await api.send(method, path, as, body);
  return { status: response.status, body: JSON.parse(await response.text()) };
};

describe('callbacks', () => {
  it('are scheduled from a contact, listed, and cancelled', async () => {
    const from = api.site.clock.at + 3_600_000;
    const made = await send('post', '/callbacks', api.tokens.agent, {
      queue: 'service',
      origin: 'int_1',
      from,
      preferred: '1001',
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      state: 'scheduled',
      number: '+8613800138000',
      customer: 'cus_1',
      until: from + 86_400_000,
    });
    const path = `/callbacks/${made.body.id}`;
    expect((await send('get', path, api.tokens.supervisor)).body.number).toBe('+8613800138000');
    const other = await send('post', '/callbacks', api.tokens.admin, {
      queue: 'service',
      number: '+8613900139000',
      preferred: '1001',
      from,
    });
    const listed = (await send('get', '/callbacks?state=scheduled', api.tokens.agent)).body.callbacks;
    expect(listed.map((one: { number: string }) => one.number).sort()).toEqual([
      '+86138****8000'.replace('138****8000', '13800138000'),
      '+86139****9000',
    ]);
    expect((await send('post', `${path}/cancel`, api.tokens.agent)).body).toMatchObject({ state: 'cancelled' });
    expect((await send('post', `${path}/cancel`, api.tokens.agent)).body.code).toBe('callback-over');
    expect((await send('get', `/callbacks/${other.body.id}`, api.tokens.admin)).body.state).toBe('scheduled');
  });

  it('are in the language of the call in which they were agreed, also where the caller changed it', async () => {
    const schedule = async (more: object) =>
      (await send('post', '/callbacks', api.tokens.agent, { queue: 'service', origin: 'int_1', ...more })).body
        .language;
    expect(await schedule({})).toBe('en');
    const call = liveCall(api, { interaction: 'int_1', language: 'zh' });
    expect([await schedule({}), await schedule({ language: 'en' })]).toEqual(['zh', 'en']);
    api.calls.calls.splice(api.calls.calls.indexOf(call), 1);
    const made = (await send('get', '/callbacks?state=scheduled', api.tokens.admin)).body.callbacks;
    for (const { id } of made) await api.send('POST', `/callbacks/${id}/cancel`, api.tokens.admin);
  });

  it('tell nobody the number of a contact that was not hers', async () => {
    const { directory, accounts } = api.site;
    await directory.agents.put(agentSchema.parse({ site: 'hq', team: 'red', id: '1003', name: 'Eve' }), 'setup');
    const { token } = await accounts.createToken({ name: 'eve', roles: ['agent'], agent: '1003' }, 'setup');
    const asked = await send('post', '/callbacks', token, { queue: 'service', origin: 'int_1' });
    expect([asked.status, asked.body.code]).toEqual([404, 'not-found']);
    const made = await send('post', '/callbacks', api.tokens.supervisor, { queue: 'service', origin: 'int_1' });
    expect(made.body.number).toBe('+8613800138000');
  });

  it('tell whose number it is only of customers who are there for her', async () => {
    const [blue, red] = await Promise.all(
      (['blue', 'red'] as const).map((team, at) =>
        api.deps.customers.create(
          { name: `Wang ${team}`, team, identities: [{ kind: 'phone', value: `+861360013600${at}` }] },
          'setup',
        ),
      ),
    );
    const { agent, admin } = api.tokens;
    const ask = (as: string, more: object) => send('post', '/callbacks', as, { queue: 'service', ...more });
    const hidden = await ask(agent, { number: '+8613600136000' });
    expect(hidden.status).toBe(201);
    const path = `/callbacks/${hidden.body.id}`;
    for (const { body } of [hidden, await send('get', path, agent)]) {
      expect([body.name, body.customer, body.number]).toEqual([undefined, undefined, '+8613600136000']);
    }
    expect((await send('get', `/callbacks?customer=${blue?.id}`, agent)).body.callbacks).toEqual([]);
    expect((await send('get', path, admin)).body).toMatchObject({ name: 'Wang blue', customer: blue?.id });
    const own = await ask(agent, { number: '+8613600136001' });
    expect(own.body).toMatchObject({ name: 'Wang red', customer: red?.id });

    const named = (as: string, customer: string | undefined, origin?: string) =>
      ask(as, { number: '+8613900139001', customer, ...(origin === undefined ? {} : { origin }) });
    expect((await named(agent, blue?.id)).status).toBe(404);
    expect((await named(agent, 'cus_none')).status).toBe(404);
    expect((await named(agent, red?.id)).status).toBe(201);
    // Whom she has had on the line she knows, whoever's customer it is.
    const { journal, clock } = api.site;
    await journal.append(longCall('int_2', clock.at, blue?.id ?? '').map((event) => ({ ...event, team: 'red' })));
    await api.projector.settled();
    expect((await named(agent, blue?.id, 'int_2')).status).toBe(201);
  });

  it('list hers, however many of others are due later', async () => {
    const { directory, accounts, clock } = api.site;
    await directory.queues.put(queueSchema.parse({ site: 'hq', id: 'mine' }), 'setup');
    const eve = { site: 'hq', id: '1010', name: 'Eve', queues: ['mine'] };
    await directory.agents.put(agentSchema.parse(eve), 'setup');
    const { token } = await accounts.createToken({ name: 'eve2', roles: ['agent'], agent: '1010' }, 'setup');
    const wish = (queue: string, number: string, hours: number, more = {}) => ({
      ...{ queue, number, from: clock.at + hours * 3_600_000, until: clock.at + 99 * 3_600_000 },
      ...more,
    });
    await send('post', '/callbacks', token, wish('service', '+861360013610', 10));
    await send('post', '/callbacks', api.tokens.admin, wish('mine', '+861360013611', 11));
    await send('post', '/callbacks', api.tokens.admin, wish('service', '+861360013612', 12, { preferred: '1010' }));
    for (const at of [1, 2, 3])
      await send('post', '/callbacks', api.tokens.admin, wish('service', `+86136001362${at}`, 20));
    const { callbacks } = (await send('get', '/callbacks?limit=3', token)).body;
    expect(callbacks.map(({ queue, preferred }: Record<string, string>) => [queue, preferred])).toEqual([
      ['service', '1010'],
      ['mine', undefined],
      ['service', undefined],
    ]);
  });

  it('say what is wrong', async () => {
    const ask = (body: object) => send('post', '/callbacks', api.tokens.admin, body);
    expect((await ask({ queue: 'none', number: '1234' })).body.code).toBe('queue-unknown');
    expect((await ask({ queue: 'service' })).body.code).toBe('request-invalid');
    expect((await ask({ queue: 'service', number: '1234', from: 2_000_000_000_000, until: 5 })).body.code).toBe(
      'callback-window',
    );
    expect((await send('get', '/callbacks/cbk_none', api.tokens.admin)).body.code).toBe('callback-unknown');
  });

  it('are limited for one number, whoever asks', async () => {
    const ask = () => send('post', '/callbacks', api.tokens.admin, { queue: 'service', number: '+8613700137000' });
    for (let made = 0; made < 5; made++) expect((await ask()).status).toBe(201);
    const refused = await ask();
    expect([refused.status, refused.body.code]).toEqual([429, 'callback-number-many']);
    const { callbacks } = (await send('get', '/callbacks?limit=500', api.tokens.admin)).body;
    const mine = callbacks.filter(({ number }: { number: string }) => number === '+8613700137000');
    expect((await send('post', `/callbacks/${mine[0].id}/cancel`, api.tokens.admin)).status).toBe(200);
    expect((await ask()).status).toBe(201);
  });
});
