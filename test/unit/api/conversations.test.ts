import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outboundItem } from '../../../connector/index.ts';
import { channelSchema } from '../../../server/directory/index.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
let connector: string;

beforeEach(async () => {
  api = await startApi({ streamBeatMs: 20 });
  const { directory, accounts } = api.site;
  const agent = directory.agents.get('1001')!;
  await directory.agents.put({ ...agent, capacity: { chat: 2 } }, 'setup');
  const channel = { site: 'hq', kind: 'webchat', channel: 'chat', to: { queue: 'service' } };
  await directory.channels.put(channelSchema.parse({ ...channel, id: 'web' }), 'setup');
  await directory.channels.put(channelSchema.parse({ ...channel, id: 'other', team: 'blue' }), 'setup');
  connector = (await accounts.createToken({ name: 'con', roles: [], channels: ['web'] }, 'setup')).token;
});
afterEach(() => api.close());

const item = (key: string, text = 'My card is lost', thread = 't1') => ({
  item: 'message',
  key,
  at: 1,
  thread,
  from: { identities: [{ kind: 'webchat', value: 'v1' }], name: 'Wang' },
  content: { type: 'text', text },
});

const inbound = (items: object[], as = connector, channel = 'web') =>
  api.send('POST', `/channels/${channel}/inbound`, as, { items });

async function begun(): Promise<string> {
  const answer = (await (await inbound([item('k1')])).json()) as { items: { interaction: string }[] };
  return answer.items[0]?.interaction ?? '';
}

/** A conversation that agent 1001 has. */
async function active(): Promise<string> {
  const offered = new Promise<string>((resolve) => api.routing.once('offered', ({ id }) => resolve(id)));
  api.routing.signIn('1001');
  api.routing.ready('1001');
  const interaction = await begun();
  const answer = await api.send('POST', '/agents/me/conversations/accept', api.tokens.agent, { offer: await offered });
  expect(answer.status).toBe(204);
  return interaction;
}

const act = (interaction: string, what: string, body?: object, as = api.tokens.agent) =>
  api.send('POST', `/agents/me/conversations/${interaction}/${what}`, as, body);

/** Items of the stream, as they come. */
async function* listen(
  after: number,
  signal: AbortSignal,
): AsyncGenerator<{ id: string | undefined; item: ReturnType<typeof outboundItem.parse> }> {
  const response = await fetch(`${api.url}/api/v1/channels/web/outbound?after=${after}`, {
    headers: { authorization: `Bearer ${connector}` },
    signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString();
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data) yield { id: /^id: (\d+)$/m.exec(frame)?.[1], item: outboundItem.parse(JSON.parse(data)) };
    }
  }
}

describe('a connector', () => {
  it('reaches its channels, and nothing else', async () => {
    expect((await inbound([item('k1')])).status).toBe(200);
    expect((await inbound([item('k1')], connector, 'other')).status).toBe(404);
    for (const path of ['/agents', '/conversations', '/customers?text=a', '/events', '/journal/chain']) {
      expect((await api.send('GET', path, connector)).status, path).toBe(403);
    }
    expect((await inbound([item('k2')], api.tokens.agent)).status).toBe(403);
    expect((await inbound([item('k2')], api.tokens.supervisor)).status).toBe(403);
    expect((await api.send('GET', '/channels/other/outbound', connector)).status).toBe(404);
  });

  it('is made with channels and without roles, by administrators', async () => {
    const make = (body: object, as = api.tokens.admin) => api.send('POST', '/tokens', as, { name: 'x', ...body });
    expect((await make({ channels: ['web'] })).status).toBe(201);
    expect((await make({ channels: ['web'] }, api.tokens.supervisor)).status).toBe(403);
    expect(await (await make({ channels: ['web'], roles: ['admin'] })).json()).toMatchObject({
      code: 'token-connector',
    });
    expect(await (await make({ channels: ['nowhere'] })).json()).toMatchObject({ code: 'unknown-reference' });
    expect(await (await make({})).json()).toMatchObject({ code: 'token-powerless' });
  });

  it('is told what is wrong with an item, by its field', async () => {
    const answer = await inbound([{ ...item('k1'), content: { type: 'text' } }]);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: 'invalid-field', field: 'items[0].content.text' });
    const many = Array.from({ length: 101 }, (_, at) => item(`k${at}`));
    expect((await inbound(many)).status).toBe(422);
  });

  it('gets what is to be sent from its cursor on, and typing as it happens', async () => {
    const interaction = await active();
    const done = new AbortController();
    const stream = listen(0, done.signal);
    const next = async () => (await stream.next()).value!;
    expect((await next()).item).toMatchObject({ item: 'state', state: 'queued' });
    expect((await next()).item).toMatchObject({ item: 'state', state: 'active', agentName: 'Ada' });
    await act(interaction, 'messages', { content: { type: 'text', text: 'I block it' }, key: 'p1' });
    const sent = await next();
    expect(sent.item).toMatchObject({
      item: 'message',
      thread: 't1',
      author: 'agent',
      authorName: 'Ada',
      replyTo: 'k1',
    });
    expect(sent.id).toBe(String(sent.item.seq));
    await act(interaction, 'typing');
    const typing = await next();
    expect(typing).toMatchObject({ id: undefined, item: { item: 'typing', thread: 't1' } });
    done.abort();
    const again = new AbortController();
    const rest = listen(sent.item.seq - 1, again.signal);
    expect((await rest.next()).value?.item).toEqual(sent.item);
    again.abort();
  });

  it('is cut off when its token is revoked', async () => {
    const { accounts } = api.site;
    await begun();
    const stream = listen(0, AbortSignal.timeout(5_000));
    expect((await stream.next()).value?.item).toMatchObject({ item: 'state', state: 'queued' });
    const over = stream.next();
    await accounts.revokeToken(accounts.tokens().find(({ name }) => name === 'con')?.id ?? '', 'admin');
    expect((await over).done).toBe(true);
  });
});

describe('attachments', () => {
  const put = (key: string, bytes: Buffer, as = connector, mime = 'image/png') =>
    fetch(`${api.url}/api/v1/attachments?channel=web&key=${key}&kind=image&name=${encodeURIComponent('卡.png')}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${as}`, 'content-type': mime },
      body: new Uint8Array(bytes),
    });

  it('are kept once for each key, and come as a download that no browser runs', async () => {
    const bytes = Buffer.from('not really a picture');
    const first = (await (await put('a1', bytes)).json()) as { id: string; bytes: number };
    expect(first).toMatchObject({ kind: 'image', mime: 'image/png', bytes: bytes.length, name: '卡.png' });
    expect(await (await put('a1', Buffer.from('else'))).json()).toEqual(first);
    const got = await api.send('GET', `/attachments/${first.id}`, connector);
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
    expect(got.headers.get('content-disposition')).toMatch(/^attachment; filename/);
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
    expect(got.headers.get('content-security-policy')).toContain('sandbox');
  });

  it('are refused where they are too large, or what a browser would run', async () => {
    expect((await put('a1', Buffer.from('<script>'), connector, 'text/html')).status).toBe(415);
    expect((await put('a2', Buffer.from('<svg/>'), connector, 'image/svg+xml')).status).toBe(415);
    expect((await put('a3', Buffer.alloc(20 * 1024 * 1024 + 1))).status).toBe(413);
  });

  it('are thrown away where nobody sent them in two days', async () => {
    await begun();
    const used = (await (await put('a1', Buffer.from('used'))).json()) as { id: string };
    const idle = (await (await put('a2', Buffer.from('idle'))).json()) as { id: string };
    await inbound([{ ...item('k2'), content: { type: 'media', attachment: used } }]);
    api.site.clock.at += 3 * 86_400_000;
    api.deps.conversations.due();
    await api.site.journal.append([]);
    expect((await api.send('GET', `/attachments/${idle.id}`, connector)).status).toBe(404);
    expect((await api.send('GET', `/attachments/${used.id}`, connector)).status).toBe(200);
  });

  it('are seen by who has the conversation, and by no other agent', async () => {
    const interaction = await active();
    const attachment = (await (await put('a1', Buffer.from('x'))).json()) as { id: string };
    const { token: bob } = await api.site.accounts.createToken(
      { name: 'bob', roles: ['agent'], agent: '1002' },
      'setup',
    );
    expect((await api.send('GET', `/attachments/${attachment.id}`, api.tokens.agent)).status).toBe(404);
    await inbound([{ ...item('k2'), content: { type: 'media', attachment } }]);
    expect((await api.send('GET', `/attachments/${attachment.id}`, api.tokens.agent)).status).toBe(200);
    expect((await api.send('GET', `/attachments/${attachment.id}`, bob)).status).toBe(404);
    expect((await api.send('GET', `/attachments/${attachment.id}`, api.tokens.supervisor)).status).toBe(200);
    await api.projector.settled();
    expect((await api.send('GET', `/attachments/${attachment.id}`, api.tokens.blue)).status).toBe(404);
    const sent = await act(interaction, 'messages', { content: { type: 'media', attachment }, key: 'p1' });
    expect(await sent.json()).toMatchObject({ content: { type: 'media', attachment: { id: attachment.id } } });
    const unknown = { id: 'att_x', kind: 'image', mime: 'image/png', bytes: 1, sha256: '0'.repeat(64) };
    expect(
      (await act(interaction, 'messages', { content: { type: 'media', attachment: unknown }, key: 'p2' })).status,
    ).toBe(404);
  });
});

describe('people', () => {
  it('see the conversations of theirs', async () => {
    const interaction = await active();
    const list = async (as: string) =>
      ((await (await api.send('GET', '/conversations', as)).json()) as { total: number }).total;
    expect(await list(api.tokens.agent)).toBe(1);
    expect(await list(api.tokens.supervisor)).toBe(1);
    expect(await list(api.tokens.blue)).toBe(0);
    expect((await api.send('GET', `/conversations/${interaction}`, api.tokens.blue)).status).toBe(404);
    expect((await api.send('GET', `/conversations/${interaction}/messages`, api.tokens.blue)).status).toBe(404);
    expect((await api.send('POST', `/conversations/${interaction}/end`, api.tokens.blue)).status).toBe(404);
    expect((await api.send('POST', `/conversations/${interaction}/end`, api.tokens.supervisor)).status).toBe(204);
    await api.projector.settled();
    const messages = await api.send('GET', `/conversations/${interaction}/messages`, api.tokens.agent);
    expect(await messages.json()).toMatchObject({ messages: [{ number: 1, author: 'customer' }] });
  });

  it('read what was written until the end of theirs, and later words where they are in that again', async () => {
    const first = await active();
    await act(first, 'close');
    api.routing.notReady('1001', 'lunch');
    api.site.clock.at += 60_000;
    const { items } = (await (await inbound([item('k2', 'For somebody else')])).json()) as {
      items: [{ interaction: string }];
    };
    await api.projector.settled();
    const read = async (as: string, query = '') => {
      const answer = await api.send('GET', `/conversations/${first}/messages${query}`, as);
      return ((await answer.json()) as { messages: { number: number }[] }).messages.map(({ number }) => number);
    };
    expect(await read(api.tokens.agent)).toEqual([1]);
    expect(await read(api.tokens.agent, '?before=99')).toEqual([1]);
    expect(await read(api.tokens.supervisor)).toEqual([1, 2]);
    await api.deps.conversations.outside.take(items[0].interaction, '1001');
    expect(await read(api.tokens.agent)).toEqual([1, 2]);
  });

  it('read what is offered to them and what they had or joined, and nothing more of what they declined', async () => {
    const { accounts, directory } = api.site;
    const ada = directory.agents.get('1001')!;
    await directory.agents.put({ ...ada, id: '1003', name: 'Cai' }, 'setup');
    const tokenOf = async (agent: string) =>
      (await accounts.createToken({ name: agent, roles: ['agent'], agent }, 'setup')).token;
    const [bob, cai] = [await tokenOf('1002'), await tokenOf('1003')];
    const offers: string[] = [];
    api.routing.on('offered', ({ agent, id }) => offers.push(`${agent} ${id}`));
    /** The next offer, which is hers. */
    const offered = async (agent: string) => {
      api.routing.signIn(agent);
      api.routing.ready(agent);
      const [to, id = ''] = (await vi.waitUntil(() => offers.shift())).split(' ');
      expect(to).toBe(agent);
      return id;
    };
    const interaction = await begun();
    const reads = async (as: string) => {
      await api.site.journal.append([]);
      await api.projector.settled();
      const paths = [`/conversations/${interaction}/messages`, `/interactions/${interaction}`, '/interactions'];
      const [messages, record, list] = await Promise.all(paths.map((path) => api.send('GET', path, as)));
      const { interactions } = (await list!.json()) as { interactions: object[] };
      return [messages?.status, record?.status, interactions.length];
    };
    const offer = await offered('1001');
    expect(await reads(api.tokens.agent)).toEqual([200, 200, 1]);
    expect(await reads(bob)).toEqual([404, 404, 0]);
    api.routing.decline('1001', offer);
    expect(await reads(api.tokens.agent)).toEqual([404, 404, 0]);
    const accept = { offer: await offered('1003') };
    expect((await api.send('POST', '/agents/me/conversations/accept', cai, accept)).status).toBe(204);
    expect((await act(interaction, 'join', { agent: '1002' }, cai)).status).toBe(204);
    expect((await act(interaction, 'leave', undefined, bob)).status).toBe(204);
    expect((await act(interaction, 'close', undefined, cai)).status).toBe(204);
    expect(await reads(cai)).toEqual([200, 200, 1]);
    expect((await reads(bob))[0]).toBe(200);
    expect(await reads(api.tokens.agent)).toEqual([404, 404, 0]);
    expect(api.deps.interactions.get(interaction)?.parties).toMatchObject([
      { as: 'add', agent: '1002', by: '1003', end: 'left' },
    ]);
  });

  it('write, note, close; and what is not theirs is refused', async () => {
    const interaction = await active();
    const body = { content: { type: 'text', text: 'Done.' }, key: 'p1' };
    const sent = await act(interaction, 'messages', body);
    expect(sent.status).toBe(200);
    expect(await (await act(interaction, 'messages', body)).json()).toEqual(await sent.json());
    expect(
      (await act(interaction, 'messages', { ...body, key: 'p2', content: { type: 'text', text: ' ' } })).status,
    ).toBe(422);
    expect((await act(interaction, 'notes', { text: 'VIP' })).status).toBe(200);
    const { token: bob } = await api.site.accounts.createToken(
      { name: 'bob', roles: ['agent'], agent: '1002' },
      'setup',
    );
    expect((await act(interaction, 'messages', body, bob)).status).toBe(403);
    expect(await (await act(interaction, 'escalate', { queue: 'service' })).json()).toEqual({ callback: 'cbk_1' });
    expect((await act(interaction, 'transfer', { queue: 'gold' })).status).toBe(404);
    expect((await act(interaction, 'close')).status).toBe(204);
    expect((await act(interaction, 'close')).status).toBe(404);
    await api.projector.settled();
    expect(api.deps.interactions.get(interaction)).toMatchObject({
      outcome: 'answered',
      channel: 'chat',
      agent: '1001',
    });
  });

  it('see how soon they answered, and where a customer can be written to', async () => {
    const interaction = await active();
    api.site.clock.at += 20_000;
    api.deps.conversations.due();
    await act(interaction, 'messages', { content: { type: 'text', text: 'Sorry.' }, key: 'p1' });
    const report = async (as: string, query = '') =>
      ((await (await api.send('GET', `/reports/answers${query}`, as)).json()) as { channels: object[] }).channels;
    const row = {
      via: 'web',
      first: 1,
      firstInTime: 0,
      firstAverageMs: 20_000,
      answers: 1,
      inTime: 0,
      soon: 1,
      overdue: 1,
    };
    expect(await report(api.tokens.supervisor)).toMatchObject([row]);
    expect(await report(api.tokens.supervisor, '?by=queue')).toMatchObject([{ ...row, queue: 'service' }]);
    expect(await report(api.tokens.blue)).toEqual([]);
    const customer = api.deps.conversations.get(interaction)?.customer ?? '';
    const places = await api.send('GET', `/customers/${customer}/places`, api.tokens.agent);
    expect(await places.json()).toEqual({ places: [{ via: 'web', kind: 'webchat', thread: 't1' }] });
    expect((await api.send('GET', '/reports/answers', api.tokens.agent)).status).toBe(403);
  });

  it('find canned answers, filled in for the conversation', async () => {
    const interaction = await active();
    const make = (body: object, as = api.tokens.supervisor) => api.send('POST', '/canned-answers', as, body);
    const hello = {
      name: 'Greeting',
      texts: { en: 'Dear {name}, this is {agent}. {unknown} {account|no account}' },
      queues: ['service'],
    };
    expect((await make(hello)).status).toBe(201);
    expect((await make({ name: '再见', texts: { zh: '再见，{name}' } })).status).toBe(201);
    expect((await make({ name: 'Loans', texts: { en: 'Our loans' }, queues: ['loans'] })).status).toBe(201);
    expect((await make(hello, api.tokens.agent)).status).toBe(403);
    const found = async (query: string, as = api.tokens.agent) =>
      (
        (await (await api.send('GET', `/canned-answers?${query}`, as)).json()) as {
          answers: { id: string; name: string; filled?: string }[];
        }
      ).answers;
    expect((await found(`interaction=${interaction}`)).map(({ filled }) => filled)).toEqual([
      'Dear Wang, this is Ada. {unknown} no account',
    ]);
    expect((await found('text=loan')).map(({ name }) => name)).toEqual(['Loans']);
    expect((await found('language=zh')).map(({ name }) => name)).toEqual(['再见']);
    expect(await found('', api.tokens.blue)).toEqual([]);
    const [{ id } = { id: '' }] = await found('text=greet');
    expect((await api.send('DELETE', `/canned-answers/${id}`, api.tokens.blue)).status).toBe(404);
    expect((await api.send('DELETE', `/canned-answers/${id}`, api.tokens.supervisor)).status).toBe(204);
    expect(await found('text=greet')).toEqual([]);
  });
});
