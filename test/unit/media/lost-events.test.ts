// The edge's buffer of events is bounded: a server that was away for long must find out by itself what ended meanwhile.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { LinkClient, LinkFailure, LinkServer, type MediaRequests } from '../../../link/index.ts';
import { EdgeMediaServer } from '../../../media/edge/index.ts';
import type { Audio } from '../../../media/media-server.ts';

const logger = pino({ level: 'silent' });
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Listing = MediaRequests['media.list']['ok'];

/** An edge that agrees with everything; what it lists is the test's. */
async function site() {
  const edge = await LinkServer.listen({
    secret: 's',
    edge: 'edg_1',
    version: '0',
    capabilities: ['media'],
    logger,
    keepEvents: 2,
  });
  open.push(() => edge.close());
  const listing: Listing = { endpoints: [], bridges: [], playbacks: [], recordings: [] };
  let failures = 0;
  let listed = 0;
  edge.serve('endpoint', (name) => {
    if (name === 'endpoint.open') return { sdp: 'v=0' };
    return name === 'endpoint.play' ? { missing: [] } : {};
  });
  edge.serve('bridge', (name) => (name === 'bridge.play' ? { missing: [] } : {}));
  edge.serve('media', () => {
    listed++;
    if (failures-- > 0) throw new LinkFailure('internal', 'busy');
    return listing;
  });
  // A relay, since only a connection that breaks leaves events behind.
  const sockets = new Set<Socket>();
  let passing = true;
  const relay = createServer((near) => {
    if (!passing) {
      near.destroy();
      return;
    }
    const far = connect(edge.address as { host: string; port: number });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(into);
      from.on('error', () => into.destroy());
      from.on('close', () => into.destroy());
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  });
  const at = relay.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  const link = new LinkClient({
    address: { host: '127.0.0.1', port: at.port },
    secret: 's',
    epoch: 1,
    logger,
    retryMs: { first: 5, most: 10 },
  });
  const media = new EdgeMediaServer({ link, logger, compareRetryMs: { first: 1, most: 2 } });
  open.push(() => link.close());
  open.push(() => media.close());
  link.start();
  await link.ready(5_000);
  return {
    edge,
    media,
    listing,
    /** How often the edge was asked for its list. */
    listed: () => listed,
    failNext: (count: number) => {
      failures = count;
    },
    /** Breaks the link, lets something happen meanwhile, and mends it. */
    async gap(meanwhile: () => void): Promise<void> {
      const down = once(edge, 'down');
      passing = false;
      for (const socket of sockets) socket.destroy();
      await down;
      meanwhile();
      passing = true;
      await once(link, 'up');
    },
  };
}

const rule = { max: 4, firstMs: 60_000, betweenMs: 60_000 };

async function busySite() {
  const here = await site();
  const { media } = here;
  const lives = await media.open({ id: 'ep_lives', purpose: 'caller' });
  const dies = await media.open({ id: 'ep_dies', purpose: 'agent' });
  const bridge = await media.bridge('br_dies');
  const tone: Audio[] = [{ kind: 'tone', hz: [440], ms: 100 }];
  const goesOn = lives.play(tone, { id: 'ply_on' });
  const over = lives.play(tone, { id: 'ply_over' });
  const withIt = dies.play(tone, { id: 'ply_dies' });
  const collected = lives.collect(rule);
  const collectedByDying = dies.collect(rule);
  // Answers come in order: this one says that the edge has said yes to all before.
  await lives.direction('sendrecv');
  return { ...here, lives, dies, bridge, goesOn, over, withIt, collected, collectedByDying };
}

test('events that were lost: what the edge has no more has ended, the rest goes on', async () => {
  const here = await busySite();
  const { edge, listing, gap, dies, bridge, goesOn, over, withIt, collected, collectedByDying } = here;
  listing.endpoints.push({ id: 'ep_lives', sdp: 'v=0', purpose: 'caller' });
  listing.playbacks.push({ id: 'ply_on', on: 'ep_lives' });
  const closed = Promise.all([once(dies, 'closed'), once(bridge, 'closed')]);
  let goesOnEnded = false;
  void goesOn.ended.then(() => {
    goesOnEnded = true;
  });
  // More than are kept: the first ones are lost.
  await gap(() => {
    for (const digit of '12345') edge.publish('endpoint.dtmf', { id: 'ep_lives', digit, ms: 100, via: 'rfc4733' });
  });
  expect(await over.ended).toBe('finished');
  expect(await withIt.ended).toBe('closed');
  expect(await collected).toEqual({ digits: '', end: 'timeout' });
  expect(await collectedByDying).toEqual({ digits: '', end: 'closed' });
  expect(await closed).toEqual([[{ why: 'lost' }], [{ why: 'lost' }]]);
  expect(goesOnEnded).toBe(false);
  edge.publish('playback.ended', { id: 'ply_on', on: 'ep_lives', end: 'barged' });
  expect(await goesOn.ended).toBe('barged');
});

test('a comparison that fails is tried again', async () => {
  const { edge, gap, failNext, listed, over } = await busySite();
  failNext(3);
  await gap(() => {
    for (const digit of '123') edge.publish('endpoint.dtmf', { id: 'ep_lives', digit, ms: 100, via: 'rfc4733' });
  });
  expect(await over.ended).toBe('closed');
  expect(listed()).toBe(4);
});

test('where no event was lost nothing is compared: the events say all', async () => {
  const { edge, gap, listed, over, collected } = await busySite();
  await gap(() => edge.publish('playback.ended', { id: 'ply_over', on: 'ep_lives', end: 'stopped' }));
  expect(await over.ended).toBe('stopped');
  edge.publish('endpoint.closed', { id: 'ep_lives', why: 'failed', quality: {} });
  expect(await collected).toEqual({ digits: '', end: 'closed' });
  expect(listed()).toBe(0);
});
