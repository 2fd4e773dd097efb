// A connection of mediasoup's over a transport of the test's own, which says what its worker would.
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ConnectionKeeper, MediasoupConnection } from '../../../media/mediasoup/connection.ts';
import type { MediaWorker } from '../../../media/mediasoup/workers.ts';
import { readBrowserOffer } from '../../../media/webrtc/index.ts';

const offer = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:0',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:0 PCMU/8000',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  'a=fingerprint:sha-256 00:11:22:33',
  'a=setup:actpass',
  '',
].join('\r\n');

class Transport extends EventEmitter {
  iceState = 'new';
  dtlsState = 'new';
  closed = false;
  readonly iceParameters = { usernameFragment: 'u', password: 'p' };
  readonly iceCandidates = [];
  readonly dtlsParameters = { fingerprints: [] };
  async connect(): Promise<void> {}
  close(): void {
    this.closed = true;
  }
  ice(state: string): void {
    this.iceState = state;
    this.emit('icestatechange', state);
  }
}

let transport: Transport;
let ends: unknown[];

beforeEach(() => {
  transport = new Transport();
  ends = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function connection(): Promise<MediasoupConnection> {
  const router = { createWebRtcTransport: async () => transport };
  const worker = { router, server: {}, load: 0 } as unknown as MediaWorker;
  const keeper = { ended: () => undefined } as unknown as ConnectionKeeper;
  const made = await MediasoupConnection.open('con_1', worker, readBrowserOffer(offer, ['PCMU']), keeper, 3);
  made.on('closed', ({ why }) => ends.push(why));
  return made;
}

function up(): void {
  transport.dtlsState = 'connected';
  transport.ice('completed');
}

test('a browser that stays away is given up after half a minute, one that comes back is not', async () => {
  const made = await connection();
  up();
  vi.advanceTimersByTime(100_000);
  transport.ice('disconnected');
  vi.advanceTimersByTime(29_999);
  expect(made.state).toBe('disconnected');
  up();
  vi.advanceTimersByTime(100_000);
  expect(made.state).toBe('connected');
  transport.ice('disconnected');
  vi.advanceTimersByTime(29_999);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect([ends, transport.closed]).toEqual([['failed'], true]);
});

test('one that never comes up is given up after half a minute', async () => {
  await connection();
  vi.advanceTimersByTime(29_999);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ends).toEqual(['failed']);
});
