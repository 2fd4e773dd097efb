import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Response } from 'express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import { streamEvents } from '../../../server/api/event-stream.ts';
import { callMonitored } from '../../../server/calls/index.ts';
import { interactionHeld, interactionStep, interactionTransferred } from '../../../server/customers/index.ts';
import { deskFacts } from '../../../server/desk/index.ts';
import { agentSchema, sessionCookie } from '../../../server/directory/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { evaluated } from '../../../server/quality/index.ts';
import type { PopContent } from '../../../values/index.ts';
import { type ApiServer, liveCall, password, startApi } from './api-server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi({ mostStreams: 3, mostStreamsEach: 2 });
});
afterEach(() => api.close());

interface Stream {
  /** The next event's number and type. */
  next(): Promise<{ id: number; type: string; data: Record<string, unknown> } | undefined>;
  status: number;
  close(): void;
}

async function open(query: string, as: string, headers: Record<string, string> = {}): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(`${api.url}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${as}`, ...headers },
    signal: abort.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: response.status,
    close: () => abort.abort(),
    async next() {
      for (;;) {
        const at = text.indexOf('\n\n');
        if (at >= 0) {
          const frame = text.slice(0, at);
          text = text.slice(at + 2);
          const [, id, type, data] = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
          if (id !== undefined)
            return { id: Number(id), type: type!, data: JSON.parse(data!) as Record<string, unknown> };
          continue;
        }
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += value;
      }
    },
  };
}

const held = (interaction: string, agent?: string, team?: string) =>
  newEvent(interactionHeld, 1, {}, { interaction, agent, team });

it('goes on after the last event that the client had, without gap or repetition, through catching up', async () => {
  const { journal } = api.site;
  const from = journal.last;
  for (let i = 0; i < 1_300; i++) void journal.append([held(`int_${i}`)]);
  await journal.append([]);
  const first = await open(`?after=${from}`, api.tokens.admin);
  const seen: number[] = [];
  for (let i = 0; i < 700; i++) seen.push((await first.next())!.id);
  first.close();
  const second = await open('', api.tokens.admin, { 'last-event-id': String(seen.at(-1)) });
  for (let i = 0; i < 600; i++) {
    // What happens meanwhile comes behind what was missed.
    if (i % 100 === 0) await journal.append([held(`int_new${i}`)]);
    seen.push((await second.next())!.id);
  }
  for (let i = 0; i < 6; i++) seen.push((await second.next())!.id);
  expect(seen).toEqual(Array.from({ length: 1_306 }, (_, i) => from + 1 + i));
  second.close();
});

it('begins with what happens from now on where nothing is asked for', async () => {
  const stream = await open('', api.tokens.admin);
  await api.site.journal.append([held('int_now')]);
  expect(await stream.next()).toMatchObject({ type: 'interaction.held', data: { interaction: 'int_now' } });
  stream.close();
});

it('filters', async () => {
  const stream = await open('?types=interaction.step,desk.*&interaction=int_a', api.tokens.admin);
  await api.site.journal.append([
    held('int_a'),
    newEvent(interactionStep, 1, { node: 'x', type: 'menu' }, { interaction: 'int_b' }),
    newEvent(interactionStep, 1, { node: 'y', type: 'menu' }, { interaction: 'int_a' }),
  ]);
  expect((await stream.next())?.data).toMatchObject({ interaction: 'int_a', data: { node: 'y' } });
  stream.close();
});

it('gives each role what is theirs', async () => {
  const from = api.site.journal.last;
  await api.site.directory.skills.put({ site: 'hq', name: 'loans' }, 'admin');
  await api.site.journal.append([held('int_1', '1001', 'red'), held('int_2', '1002', 'blue'), held('int_3')]);
  const last = (await api.site.journal.append([held('int_end', '1001')])).seq!;
  const seen = async (as: string) => {
    const stream = await open(`?after=${from}`, as);
    const found: string[] = [];
    for (let event = await stream.next(); event; event = await stream.next()) {
      found.push(event.type.startsWith('directory') ? event.type : String(event.data.interaction));
      if (event.id === last) break;
    }
    stream.close();
    return found;
  };
  expect(await seen(api.tokens.admin)).toEqual(['directory.skill-put', 'int_1', 'int_2', 'int_3', 'int_end']);
  expect(await seen(api.tokens.supervisor)).toEqual(['int_1', 'int_3', 'int_end']);
  expect(await seen(api.tokens.agent)).toEqual(['int_1', 'int_end']);
});

it('shows an agent a screen-pop and whole numbers as long as she has the contact, and later who it was not any more', async () => {
  const scope = { interaction: 'int_pop', agent: '1001', queue: 'service', team: 'red' };
  const content: PopContent = {
    interaction: 'int_pop',
    channel: 'voice',
    direction: 'in',
    from: '+8613800138000',
    to: '95500',
    language: 'en',
    path: [],
    variables: {},
    earlier: [],
  };
  const popped = newEvent(deskFacts.popped, 1, { offer: 'off_1', at: 1, deadline: 2, panels: 1, content }, scope);
  const to = { kind: 'number' as const, to: '+8613900139000' };
  await api.site.journal.append([popped, newEvent(interactionTransferred, 1, to, scope)]);
  const read = async (as: string) => {
    const stream = await open('?after=0&interaction=int_pop', as);
    const found = [(await stream.next())!.data.data, (await stream.next())!.data.data];
    stream.close();
    return found;
  };
  const whole = [{ offer: 'off_1', content }, to];
  const call = liveCall(api, { interaction: 'int_pop', agent: undefined });
  expect(await read(api.tokens.agent)).toMatchObject(whole);
  api.work.live.clear();
  expect(await read(api.tokens.supervisor)).toMatchObject(whole);
  const later = await read(api.tokens.agent);
  expect(later).toMatchObject([{ offer: 'off_1' }, { to: '+86139****9000' }]);
  expect(later[0]).not.toHaveProperty('content');
  // A call of her own that is no contact of routing's.
  call.agent = '1001';
  expect(await read(api.tokens.agent)).toMatchObject(whole);
});

it('waits for a client that is slow, in the journal and not in memory, and leaves nothing out', async () => {
  const { journal } = api.site;
  const from = journal.last;
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.tokens.admin}\r\n\r\n`);
  await once(socket, 'readable');
  // Not reading: 12 MB are more than any buffer between here and there holds.
  const label = 'x'.repeat(2_000);
  for (let i = 0; i < 6_000; i++) {
    void journal.append([newEvent(interactionStep, 1, { node: 'n', type: 'menu', label }, { interaction: 'int_a' })]);
    if (i % 500 === 0) await journal.append([]);
  }
  await journal.append([]);
  let text = '';
  let next = from + 1;
  socket.setEncoding('utf8');
  for await (const piece of socket) {
    text += piece as string;
    const frames = [...text.matchAll(/^id: (\d+)\n/gm)];
    for (const [, id] of frames) expect(Number(id)).toBe(next++);
    const last = frames.at(-1);
    if (last) text = text.slice(last.index + last[0].length);
    if (next > from + 6_000) break;
  }
  expect(next).toBe(from + 6_001);
  socket.destroy();
});

it('beats while nothing happens, and ends when the login does', async () => {
  let allowed = true;
  const server = createServer((_request, response) => {
    void streamEvents({
      journal: api.site.journal,
      response: response as Response,
      after: api.site.journal.last,
      passes: () => true,
      stillAllowed: () => allowed,
      beatMs: 10,
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.split(`: ${api.site.journal.last}\n\n`).length > 3) allowed = false;
  }
  expect(text).toMatch(/^retry: 2000\n: \d+\n\n: \d+\n\n/);
  server.close();
});

it('cuts off a client that takes nothing', async () => {
  const { journal } = api.site;
  const from = journal.last;
  const label = 'x'.repeat(2_000);
  for (let i = 0; i < 6_000; i++) {
    void journal.append([newEvent(interactionStep, 1, { node: 'n', type: 'menu', label }, { interaction: 'int_a' })]);
  }
  await journal.append([]);
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    const options = { journal, response: response as Response, after: from, passes: () => true };
    void streamEvents({ ...options, stillAllowed: () => true, beatMs: 10 }).then(resolve);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await over;
  socket.destroy();
  server.close();
});

it('gives what a person may see now, also in a stream that is older', async () => {
  const own = await startApi({ streamBeatMs: 20 });
  const { journal, directory, accounts } = own.site;
  const sam = agentSchema.parse({ site: 'hq', team: 'red', id: '1003', name: 'Sam', roles: ['supervisor'] });
  await directory.agents.put(sam, 'setup');
  await accounts.setPassword('1003', password, 'setup');
  const { cookie } = await accounts.login({ login: '1003', password, address: 'test' });
  const response = await fetch(`${own.url}/api/v1/events?types=interaction.held`, {
    headers: { cookie: `${sessionCookie}=${cookie}` },
  });
  let text = '';
  let moved = false;
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (!moved) {
      moved = true;
      await directory.agents.put({ ...sam, team: 'blue' }, 'admin');
    }
    // One of each team with every beat, until the other team's are seen.
    await journal.append([held('int_red', undefined, 'red'), held('int_blue', undefined, 'blue')]);
    if (text.includes('int_blue')) break;
  }
  // From then on the former team is closed to her.
  expect(text.slice(text.indexOf('int_blue'))).not.toContain('int_red');
  await own.close();
});

it('sends no body to HEAD', async () => {
  expect((await api.send('HEAD', '/events', api.tokens.admin)).headers.get('content-type')).toMatch(
    /^text\/event-stream/,
  );
});

it('is bounded in number, and refuses a number that is none', async () => {
  const streams = await Promise.all([1, 2].map(() => open('', api.tokens.admin)));
  // One login cannot take all of them.
  expect((await open('', api.tokens.admin)).status).toBe(503);
  streams.push(await open('', api.tokens.supervisor));
  expect((await open('', api.tokens.agent)).status).toBe(503);
  for (const stream of streams) stream.close();
  expect((await api.send('GET', '/events', api.tokens.admin, undefined, { 'last-event-id': 'x' })).status).toBe(400);
  expect(allEndpoints(api.deps).some(({ path }) => path === '/events')).toBe(true);
});

it('tells agents neither of drafts about them nor that somebody listened', async () => {
  const { journal, clock } = api.site;
  const scope = { interaction: 'int_1', agent: '1001', team: 'red' };
  const judged = { form: 'f', version: 1, by: '1009', score: 50, answers: {} };
  const stream = await open('?after=0&types=quality.*,call.monitored', api.tokens.agent);
  const listened = { by: '1009', mode: 'listen' as const, what: 'began' as const };
  await journal.append([
    newEvent(evaluated, clock.at, { ...judged, evaluation: 'draft', state: 'draft' as const }, scope),
    newEvent(
      evaluated,
      clock.at,
      { ...judged, evaluation: 'part', state: 'submitted' as const, calibration: 'c' },
      scope,
    ),
    newEvent(callMonitored, clock.at, listened, scope),
    newEvent(evaluated, clock.at, { ...judged, evaluation: 'final', state: 'submitted' as const }, scope),
  ]);
  const first = await stream.next();
  stream.close();
  // The event as it is kept holds its data one level below.
  expect(first).toMatchObject({ type: 'quality.evaluated', data: { data: { evaluation: 'final' } } });
});
