import readWorkbook from 'read-excel-file/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCsv } from '../../../server/api/read-csv.ts';
import { ha1 } from '../../../server/directory/index.ts';
import { abandonedCall, longCall } from '../customers/call-events.ts';
import { type ApiServer, audio, liveCall, startApi } from './api-server.ts';

let api: ApiServer;
let admin: string;
beforeEach(async () => {
  api = await startApi();
  ({ admin } = api.tokens);
});
afterEach(() => api.close());

type Json = Record<string, unknown>;
async function ask(method: string, path: string, as: string, body?: unknown): Promise<[status: number, answer: Json]> {
  const response = await api.send(method, path, as, body);
  const text = await response.text();
  return [response.status, text === '' ? {} : (JSON.parse(text) as Json)];
}

describe('settings', () => {
  it('are put with defaults, read, and removed', async () => {
    const [status, queue] = await ask('PUT', '/queues/vip', admin, { name: { en: 'VIP' }, priority: 5 });
    expect([status, queue]).toEqual([
      200,
      expect.objectContaining({ id: 'vip', site: 'hq', ringMs: 20_000, priority: 5 }),
    ]);
    expect(await ask('GET', '/queues/vip', api.tokens.agent)).toEqual([200, queue]);
    expect((await ask('GET', '/queues', admin))[1].queues).toHaveLength(2);
    expect((await ask('DELETE', '/queues/vip', admin))[0]).toBe(204);
    expect(await ask('GET', '/queues/vip', admin)).toEqual([404, expect.objectContaining({ code: 'not-found' })]);
    expect(
      api.site.journal.read(0, { filter: { types: ['directory.queue-*'], queue: 'vip' } }).map(({ data }) => data.by),
    ).toEqual([expect.stringMatching(/^token:/), expect.stringMatching(/^token:/)]);
  });

  it.each([
    ['agents/1003', { name: 'New', queues: ['gold'] }, 'unknown-reference', 'queues.0'],
    ['agents/1003', { name: 'New', skills: { loans: 9 } }, 'invalid-field', 'skills.loans'],
    ['agents/1003', { name: 'New', password: 'x' }, 'invalid-field', '(whole)'],
    ['dids/95500', { flow: 'no such flow!' }, 'invalid-field', 'flow'],
    ['dial-rules/00', { trunk: 'none' }, 'unknown-reference', 'trunk'],
    ['trunks/gw', { country: 'china' }, 'invalid-field', 'country'],
    ['trunks/gw', { country: 'CN', outboundAuth: { user: 'u' } }, 'invalid-field', 'outboundAuth.secret'],
  ])('refuse %s %j, naming the field', async (path, body, code, field) => {
    expect(await ask('PUT', `/${path}`, admin, body)).toEqual([422, expect.objectContaining({ code, field })]);
  });

  it('keep what others use', async () => {
    expect(await ask('DELETE', '/queues/service', admin)).toEqual([
      409,
      expect.objectContaining({ code: 'still-referenced', message: expect.stringContaining('agent 1001') }),
    ]);
  });

  it('of trunks and SIP users never show a secret', async () => {
    const auth = {
      inboundAuth: { user: 'in', password: 'inbound secret' },
      outboundAuth: { user: 'out', secret: 'outbound secret' },
    };
    const [, trunk] = await ask('PUT', '/trunks/gw', admin, { country: 'CN', uri: 'sip:gw.example', ...auth });
    expect(trunk).toMatchObject({
      inboundAuth: { user: 'in', realm: 'switchroom.test' },
      outboundAuth: { user: 'out' },
    });
    expect(JSON.stringify(trunk)).not.toMatch(/secret|md5/);
    // What is not sent again stays.
    await ask('PUT', '/trunks/gw', admin, {
      country: 'DE',
      inboundAuth: { user: 'in' },
      outboundAuth: { user: 'out' },
    });
    expect(api.site.directory.trunks.get('gw')).toMatchObject({
      country: 'DE',
      inboundAuth: { ha1: ha1('in', 'switchroom.test', 'inbound secret') },
      outboundAuth: { secret: 'outbound secret' },
    });
    const [, user] = await ask('PUT', '/sip-users/1001', admin, { agent: '1001' });
    const generated = user.password as string;
    expect(api.site.directory.sipUsers.get('1001')?.ha1).toEqual(ha1('1001', 'switchroom.test', generated));
    const [, again] = await ask('PUT', '/sip-users/1001', admin, { team: 'red' });
    expect(again).toEqual({ user: '1001', site: 'hq', team: 'red', realm: 'switchroom.test' });
    expect(api.site.directory.sipUsers.get('1001')?.ha1).toEqual(ha1('1001', 'switchroom.test', generated));
  });

  it('of another team are not there for a supervisor', async () => {
    expect((await ask('GET', '/agents', api.tokens.blue))[1].agents).toEqual([expect.objectContaining({ id: '1002' })]);
    expect((await ask('GET', '/agents/1001', api.tokens.blue))[0]).toBe(404);
    expect((await ask('GET', '/agents/1001', api.tokens.supervisor))[0]).toBe(200);
  });

  it('the rule for all other numbers is called default', async () => {
    await ask('PUT', '/trunks/gw', admin, { country: 'CN' });
    expect((await ask('PUT', '/dial-rules/default', admin, { trunk: 'gw' }))[1]).toMatchObject({
      prefix: '',
      trunk: 'gw',
    });
    expect((await ask('PUT', '/dial-rules/%2B86', admin, { trunk: 'gw' }))[1]).toMatchObject({ prefix: '+86' });
    expect((await ask('DELETE', '/dial-rules/default', admin))[0]).toBe(204);
  });

  it('passwords are generated where none is given', async () => {
    const [, { password }] = await ask('POST', '/agents/1002/password', admin, {});
    await expect(
      api.site.accounts.login({ login: '1002', password: password as string, address: '::1' }),
    ).resolves.toBeDefined();
  });
});

it('tokens are shown once and can be revoked', async () => {
  const [status, { token, record }] = await ask('POST', '/tokens', admin, { name: 'loader', roles: ['admin'] });
  expect(status).toBe(201);
  expect((await ask('GET', '/tokens', token as string))[0]).toBe(200);
  expect(JSON.stringify((await ask('GET', '/tokens', admin))[1])).not.toContain(token);
  expect((await ask('DELETE', `/tokens/${(record as { id: string }).id}`, admin))[0]).toBe(204);
  expect((await ask('GET', '/tokens', token as string))[0]).toBe(401);
});

describe('flows', () => {
  it('are listed, read as written, and tested', async () => {
    expect((await ask('GET', '/flows', admin))[1].flows).toEqual([
      expect.objectContaining({ flow: 'bank', version: 'abc' }),
    ]);
    expect(await (await api.send('GET', '/flows/bank', admin)).text()).toBe('{ "flow": "bank" }');
    expect((await ask('GET', '/flows/none', admin))[0]).toBe(404);
    expect((await ask('POST', '/flows/bank/test', admin))[1]).toMatchObject({ ok: true });
  });

  it('are saved byte by byte, and with errors not at all', async () => {
    const text = '{\n  "flow": "bank",   "start": "a" }';
    expect(await ask('PUT', '/flows/bank', admin, text)).toEqual([200, { findings: [] }]);
    expect(api.asked).toEqual([['save', 'bank', text, expect.stringMatching(/^token:/)]]);
    const [status, answer] = await ask('PUT', '/flows/bank', admin, '{"start": "acount"}');
    expect(status).toBe(422);
    expect(answer).toMatchObject({
      code: 'flow-has-errors',
      details: { findings: [{ line: 3, column: 7, code: 'node-unknown' }] },
    });
    expect(api.asked).toHaveLength(1);
    expect((await ask('PUT', '/flows/..%2Fx', admin, text))[0]).toBe(400);
    expect(api.site.journal.read(0, { filter: { types: ['flow.saved'] } })).toHaveLength(1);
  });

  it('are not saved over what somebody else saved since they were read', async () => {
    const text = '{ "flow": "bank", "start": "b" }';
    const tag = (await api.send('GET', '/flows/bank', admin)).headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
    const saved = api.asked.length;
    const stale = await api.send('PUT', '/flows/bank', admin, text, { 'If-Match': `"${'0'.repeat(64)}"` });
    expect([stale.status, await stale.json()]).toMatchObject([412, { code: 'changed-meanwhile' }]);
    const known = await api.send('PUT', '/flows/bank', admin, text, { 'If-None-Match': '*', 'Accept-Language': 'zh' });
    expect([known.status, await known.json()]).toMatchObject([412, { message: expect.stringContaining('他人修改') }]);
    expect(api.asked).toHaveLength(saved);
    expect((await api.send('PUT', '/flows/bank', admin, text, { 'If-Match': tag })).status).toBe(200);
    expect((await api.send('PUT', '/flows/new', admin, text, { 'If-Match': '*' })).status).toBe(412);
    expect((await api.send('PUT', '/flows/new', admin, text, { 'If-None-Match': '*' })).status).toBe(200);
  });
});

describe('customers', () => {
  it('are made, found, changed, tagged, noted and erased', async () => {
    const number = { kind: 'phone', value: '+8613800138000' };
    const [, made] = await ask('POST', '/customers', admin, { name: 'Ada', identities: [number] });
    const path = `/customers/${made.id as string}`;
    expect((await ask('GET', '/customers?text=%2B86138', admin))[1].customers).toEqual([
      expect.objectContaining({ id: made.id }),
    ]);
    expect((await ask('POST', '/customers', admin, { identities: [number] }))[1]).toMatchObject({
      code: 'identity-taken',
    });
    expect((await ask('PATCH', path, admin, { language: 'zh' }))[1]).toMatchObject({ name: 'Ada', language: 'zh' });
    expect((await ask('PUT', `${path}/tags/vip`, admin, {}))[1].tags).toEqual([
      expect.objectContaining({ tag: 'vip' }),
    ]);
    expect((await ask('DELETE', `${path}/tags/vip`, admin))[1].tags).toEqual([]);
    await ask('POST', `${path}/identities`, admin, { kind: 'account', value: '6222' });
    expect((await ask('DELETE', `${path}/identities/account/6222`, admin))[1].identities).toEqual([number]);
    expect((await ask('POST', `${path}/notes`, admin, { text: 'likes tea' }))[0]).toBe(201);
    expect((await ask('GET', `${path}/notes`, admin))[1].notes).toEqual([
      expect.objectContaining({ text: 'likes tea' }),
    ]);
    // Agents see whom they talk to, but no full number of anybody.
    expect((await ask('GET', path, api.tokens.agent))[1].identities).toEqual([
      { kind: 'phone', value: '+86138****8000' },
    ]);
    expect((await ask('DELETE', path, admin))[1].events).toBeGreaterThan(2);
    expect((await ask('GET', path, admin))[0]).toBe(404);
  });
});

describe('interactions', () => {
  beforeEach(async () => {
    const { customers } = api.deps;
    const { id } = customers.findOrCreate({ kind: 'phone', value: '+8613800138000' }, 'call');
    for (let i = 0; i < 3; i++) await api.site.journal.append(longCall(`int_${i}`, i * 1_000, id));
    await api.site.journal.append(abandonedCall('int_short', 5_000));
    await api.projector.settled();
  });

  it('come filtered and in pages', async () => {
    const [, first] = await ask('GET', '/interactions?limit=2&outcome=answered', admin);
    expect((first.interactions as Json[]).map(({ id }) => id)).toEqual(['int_2', 'int_1']);
    const [, second] = await ask('GET', `/interactions?limit=2&outcome=answered&after=${first.next as string}`, admin);
    expect((second.interactions as Json[]).map(({ id }) => id)).toEqual(['int_0']);
    expect(second.next).toBeUndefined();
  });

  it('are those an agent had a part in, with masked numbers; and no other team sees them', async () => {
    const [, mine] = await ask('GET', '/interactions', api.tokens.agent);
    expect((mine.interactions as Json[]).map(({ id, from }) => [id, from])).toEqual([
      ['int_2', '+86138****8000'],
      ['int_1', '+86138****8000'],
      ['int_0', '+86138****8000'],
    ]);
    expect((await ask('GET', '/interactions/int_short', api.tokens.agent))[0]).toBe(404);
    const [, blue] = await ask('GET', '/interactions', api.tokens.blue);
    expect((blue.interactions as Json[]).map(({ id }) => id)).toEqual(['int_short']);
    expect((await ask('GET', '/interactions/int_1', api.tokens.blue))[0]).toBe(404);
    expect((await ask('GET', '/interactions/int_1', admin))[1]).toMatchObject({
      from: '+8613800138000',
      talkMs: 35_000,
    });
    expect((await ask('GET', '/interactions/int_1/events', admin))[1].events).toHaveLength(27);
    expect((await ask('GET', '/interactions/int_1/decisions', admin))[1].decisions).toHaveLength(1);
  });

  it('are told with what happened just now, whatever is written of it', async () => {
    const { id: customer } = api.deps.customers.find({ kind: 'phone', value: '+8613800138000' })!;
    const now = api.site.clock.at;
    let last = '';
    const call = async () => {
      last = `int_now${last.length}`;
      await api.site.journal.append(longCall(last, now + last.length * 1_000, customer));
    };
    await call();
    expect((await ask('GET', `/interactions/${last}`, admin))[1]).toMatchObject({ talkMs: 35_000 });
    const [, { interactions }] = await ask('GET', '/interactions?limit=1', admin);
    expect((interactions as Json[]).map(({ id }) => id)).toEqual([last]);
    await call();
    expect(await (await api.send('GET', '/interactions.csv', admin)).text()).toContain(last);
    await call();
    const [, { entries }] = await ask('GET', `/customers/${customer}/timeline?limit=1`, admin);
    expect((entries as Json[]).map(({ id }) => id)).toEqual([last]);
    await call();
    const workbook = await (await api.send('GET', '/interactions.xlsx', admin)).arrayBuffer();
    const [sheet] = await readWorkbook(Buffer.from(workbook));
    expect(sheet?.data.flat()).toContain(last);
  });

  it('stand in the timeline of the customer', async () => {
    const { id } = api.deps.customers.find({ kind: 'phone', value: '+8613800138000' })!;
    const [, { entries, next }] = await ask('GET', `/customers/${id}/timeline?limit=2`, api.tokens.agent);
    expect(entries).toEqual([
      expect.objectContaining({ entry: 'interaction', id: 'int_2', disposition: 'solved', note: 'Card sent' }),
      expect.objectContaining({ id: 'int_1' }),
    ]);
    const [, rest] = await ask('GET', `/customers/${id}/timeline?after=${next}`, api.tokens.agent);
    expect((rest.entries as Json[]).map(({ id: one }) => one)).toEqual(['int_0']);
    expect(rest.next).toBeUndefined();
  });

  it('go out as CSV in which nothing is a formula', async () => {
    await api.site.journal.append([
      ...longCall('int_evil', 9_000, 'cus_9', '=HYPERLINK("http://evil.example","click")'),
    ]);
    await api.projector.settled();
    const response = await api.send('GET', '/interactions.csv', admin);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(6);
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil.example"",""click"")"`);
    expect(lines[3]).toContain(",'+8613800138000,");
  });

  it('go out with a byte order mark where it is asked for, and are read back with and without', async () => {
    const bytes = async (query: string) =>
      Buffer.from(await (await api.send('GET', `/interactions.csv${query}`, admin)).arrayBuffer());
    const [plain, marked] = [await bytes(''), await bytes('?bom=true')];
    expect(plain.subarray(0, 3).toString()).toBe('id,');
    expect(marked).toEqual(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain]));
    const columns = plain.toString().split('\r\n', 1)[0]?.toLowerCase().split(',') ?? [];
    const read = (text: Buffer) => readCsv(text.toString(), { columns, required: ['id', 'from'] });
    expect(read(marked).records.map(({ cells }) => cells.id)).toContain('int_1');
    expect(read(marked)).toEqual({ ...read(plain), problems: [] });
  });

  it('have recordings, whole and in ranges, and who listened is written down', async () => {
    expect((await ask('GET', '/recordings/rec_int_1', admin))[1]).toMatchObject({ interaction: 'int_1', ms: 65_000 });
    const get = (range?: string) =>
      api.send('GET', '/recordings/rec_int_1/audio', admin, undefined, range === undefined ? {} : { range });
    const whole = await get();
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('accept-ranges')]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ]);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(audio);
    for (const [range, from, to] of [
      ['bytes=100-199', 100, 199],
      ['bytes=900-', 900, 999],
      ['bytes=-50', 950, 999],
      ['bytes=990-5000', 990, 999],
    ] as const) {
      const part = await get(range);
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${from}-${to}/1000`]);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(audio.subarray(from, to + 1));
    }
    const beyond = await get('bytes=1000-');
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
    expect((await get('lines=1-2')).status).toBe(200);
    expect((await api.send('GET', '/recordings/rec_int_1/audio', api.tokens.blue)).status).toBe(404);
    const listening = () => api.site.journal.read(0, { filter: { types: ['recording.listened'] } });
    const listened = listening();
    expect(listened).toHaveLength(1);
    // Nobody listens unseen by leaving the first byte out.
    api.site.clock.at += 3_600_000;
    await (await get('bytes=1-')).arrayBuffer();
    await api.site.journal.append([]);
    expect(listening()).toHaveLength(2);
    expect(listened[0]).toMatchObject({ interaction: 'int_1', data: { recording: 'rec_int_1' } });
  });
});

describe('agents at work', () => {
  it('act for themselves, staff for those of their team', async () => {
    const { agent, supervisor, blue } = api.tokens;
    expect(await ask('POST', '/agents/me/sign-in', agent)).toEqual([
      200,
      { agent: '1001', presence: 'offline', since: 0, contacts: [], occupied: {} },
    ]);
    expect((await ask('POST', '/agents/1001/not-ready', supervisor, { reason: 'break' }))[0]).toBe(200);
    expect((await ask('POST', '/agents/1002/ready', agent))[1]).toMatchObject({ code: 'not-allowed' });
    expect((await ask('POST', '/agents/1001/ready', blue))[0]).toBe(404);
    expect((await ask('POST', '/agents/me/ready', admin))[0]).toBe(404);
    expect((await ask('POST', '/agents/me/not-ready', agent, { reason: 'Break!' }))[1]).toMatchObject({
      field: 'reason',
    });
    expect(api.asked).toEqual([
      ['signIn', '1001'],
      ['notReady', '1001', 'break'],
    ]);
  });

  it('answer, hold, transfer and hang up', async () => {
    const { agent } = api.tokens;
    liveCall(api);
    const on = '/agents/me/contacts/int_live';
    await ask('POST', '/agents/me/answer', agent, { offer: 'off_1' });
    await ask('POST', '/agents/me/decline', agent, { offer: 'off_1' });
    for (const what of ['hold', 'resume', 'hangup', 'pause-recording']) {
      expect((await ask('POST', `${on}/${what}`, agent))[0]).toBe(204);
    }
    await ask('POST', `${on}/transfer`, agent, { queue: 'vip' });
    await ask('POST', `${on}/dtmf`, agent, { digits: '12#' });
    expect((await ask('POST', `${on}/transfer`, agent, { number: 'sip:x@evil.example' }))[0]).toBe(422);
    expect(api.asked).toEqual([
      ['answer', '1001', 'off_1'],
      ['decline', '1001', 'off_1'],
      ['hold', '1001', 'int_live'],
      ['resume', '1001', 'int_live'],
      ['hangup', '1001', 'int_live'],
      ['pauseRecording', '1001', 'int_live'],
      ['transfer', '1001', 'int_live', { queue: 'vip' }],
      ['sendDtmf', '1001', 'int_live', '12#'],
    ]);
  });

  it('wrap up with a disposition of the queue', async () => {
    const { agent } = api.tokens;
    liveCall(api);
    const wrapUp = (body: object, call = 'int_live') => ask('POST', `/agents/me/contacts/${call}/wrap-up`, agent, body);
    expect((await wrapUp({}))[1]).toMatchObject({
      field: 'disposition',
      message: expect.stringContaining('asks for one'),
    });
    expect((await wrapUp({ disposition: 'bored' }))[1]).toMatchObject({ field: 'disposition' });
    expect((await wrapUp({ disposition: 'solved' }, 'int_other'))[0]).toBe(404);
    expect(api.asked).toEqual([]);
    expect((await wrapUp({ disposition: 'solved', note: 'ok' }))[0]).toBe(204);
    expect(api.asked).toEqual([
      ['disposed', '1001', 'int_live'],
      ['wrapUpDone', '1001', 'int_live'],
    ]);
    expect(api.site.journal.ofInteraction('int_live')).toEqual([
      expect.objectContaining({
        type: 'interaction.disposed',
        agent: '1001',
        data: { disposition: 'solved', note: 'ok' },
      }),
    ]);
  });

  it('wrap up with the disposition that was given before, by the API or by the panel', async () => {
    const { agent } = api.tokens;
    liveCall(api);
    const give = (what: string, body: object) => ask('POST', `/agents/me/contacts/int_live/${what}`, agent, body);
    expect((await give('disposition', {}))[0]).toBe(422);
    expect((await give('disposition', { note: 'first' }))[0]).toBe(204);
    expect((await give('wrap-up', { note: 'second' }))[0]).toBe(422);
    api.work.disposed('1001', 'int_live');
    expect((await give('wrap-up', {}))[0]).toBe(204);
    liveCall(api, { interaction: 'int_next' });
    const next = '/agents/me/contacts/int_next';
    expect((await ask('POST', `${next}/disposition`, agent, { disposition: 'callback' }))[0]).toBe(204);
    expect((await ask('GET', '/agents/me/live', agent))[1].contacts).toMatchObject([{ disposed: true }]);
    expect((await ask('POST', `${next}/wrap-up`, agent, { note: 'tomorrow' }))[0]).toBe(204);
    await api.projector.settled();
    const { interactions } = api.deps;
    expect(interactions.get('int_live')).toMatchObject({ note: 'first' });
    expect(interactions.get('int_next')).toMatchObject({ disposition: 'callback', note: 'tomorrow' });
    expect(api.asked.filter(([what]) => what === 'wrapUpDone')).toHaveLength(2);
  });
});

describe('live state', () => {
  it('shows each what is theirs', async () => {
    liveCall(api);
    liveCall(api, { interaction: 'int_waiting', agent: undefined, phase: 'queued' });
    const ids = async (as: string) =>
      ((await ask('GET', '/live/calls', as))[1].calls as Json[]).map(({ interaction }) => interaction);
    expect(await ids(api.tokens.supervisor)).toEqual(['int_live', 'int_waiting']);
    expect(await ids(api.tokens.agent)).toEqual(['int_live']);
    expect(await ids(api.tokens.blue)).toEqual([]);
    expect((await ask('POST', '/live/calls/int_live/monitor', api.tokens.blue, { mode: 'listen' }))[0]).toBe(404);
    expect((await ask('POST', '/live/calls/int_live/monitor', api.tokens.agent, { mode: 'listen' }))[0]).toBe(403);
    expect((await ask('POST', '/live/calls/int_live/end', api.tokens.blue))[0]).toBe(404);
    expect((await ask('POST', '/live/calls/int_live/end', api.tokens.supervisor))[0]).toBe(204);
    await ask('POST', '/live/contacts/int_waiting/move', api.tokens.supervisor, { agent: '1001' });
    expect(api.asked).toEqual([
      ['end', 'int_live', expect.stringMatching(/^token:/)],
      ['move', 'int_waiting', { agent: '1001' }],
    ]);
    expect((await ask('GET', '/live/queues', api.tokens.agent))[1].queues).toEqual([
      expect.objectContaining({ waiting: 2 }),
    ]);
    expect((await ask('GET', '/live/agents', api.tokens.blue))[1].agents).toEqual([]);
    expect((await ask('GET', '/live/agents', api.tokens.agent))[1].agents).toHaveLength(1);
  });
});
