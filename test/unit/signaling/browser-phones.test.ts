// SIP phones in browsers without a browser: what their legs see of their descriptions, and a connection that waited too long
// for the call to be answered.
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ConnectRequest, LineRequest, WebRtcGateway } from '../../../media/webrtc-gateway.ts';
import { BrowserMedia, dialogKey, keyOf } from '../../../server/signaling/browser-phones/browser-media.ts';
import { bothAllow, directed, isWebRtc } from '../../../server/signaling/browser-phones/phone-sdp.ts';

const plain = 'v=0\r\no=switchroom 7 1 IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n';
const phones = (direction: string) => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=${direction}\r\n`;

test('what is WebRTC, and what two sides allow', () => {
  expect([isWebRtc(phones('sendrecv')), isWebRtc(plain), isWebRtc('')]).toEqual([true, false, false]);
  expect(bothAllow('sendrecv', 'sendonly')).toBe('sendonly');
  expect(bothAllow('sendonly', 'recvonly')).toBe('inactive');
  expect(bothAllow('recvonly', 'sendrecv')).toBe('recvonly');
  expect(directed(plain, 'sendonly', 2)).toBe(plain.replace('7 1', '7 3').replace('sendrecv', 'sendonly'));
});

interface Made {
  id: string;
  end(): void;
}

/** What it is asked, and connections that the test ends. */
function testGateway() {
  const asked: string[] = [];
  const connections: Made[] = [];
  const gateway = {
    async connect({ id }: ConnectRequest) {
      const sdp = `answer ${connections.length + 1}`;
      const events = new EventEmitter();
      const made = Object.assign(events, {
        id,
        sdp,
        state: 'connecting',
        renegotiate: async (offer: string) => `answer to ${/a=(\w+)/.exec(offer)?.[1]}`,
        close: async () => void asked.push(`close ${sdp}`),
        end: () => void events.emit('closed', { why: 'failed' }),
      });
      connections.push(made);
      return made;
    },
    async line({ id, offer }: LineRequest) {
      asked.push(`line ${offer === undefined ? 'offers' : 'answers'}`);
      return Object.assign(new EventEmitter(), {
        id,
        sdp: plain,
        accept: async (answer: string) => void asked.push(`accept ${answer}`),
        attach: async (to: string) => void asked.push(`attach ${connections.findIndex((one) => one.id === to) + 1}`),
        close: async () => void asked.push('close line'),
      });
    },
  };
  const tools = {
    gateway: gateway as unknown as WebRtcGateway,
    codecs: ['PCMU'],
    logger: pino({ level: 'silent' }),
  };
  return { tools, asked, connections };
}

const offer = { callId: 'a call', sdp: phones('sendrecv'), peer: undefined };

test('a connection that ended before the answer is made anew for it; after the answer the call is lost with it', async () => {
  const { tools, asked, connections } = testGateway();
  const media = await BrowserMedia.open(tools, offer);
  let lost = 0;
  media.onlost = () => lost++;
  expect(await media.join('early', { final: false })).toBe('answer 1');
  connections[0]?.end();
  expect(lost).toBe(0);
  expect(await media.join('early', { final: true })).toBe('answer 2');
  expect(asked).toEqual(['line offers', 'accept early', 'attach 1', 'attach 2']);
  connections[1]?.end();
  expect(lost).toBe(1);
  expect(asked.slice(4)).toEqual(['close line']);
});

test('hold changes what the leg sees, a refresh does not, and a refused hold is as if it had not been', async () => {
  const { tools } = testGateway();
  const media = await BrowserMedia.open(tools, offer, 'endpoint');
  expect(media.plain).toBe(plain);
  const held = await media.renegotiate(phones('sendonly'));
  expect(held.answer).toBe('answer to sendonly');
  expect(held.plain).toBe(directed(plain, 'sendonly', 1));
  expect((await media.renegotiate(phones('sendonly'))).plain).toBeUndefined();
  held.undo();
  expect(media.plain).toContain('a=sendrecv');
});

test('whose connections and lines they are is told by their ids', async () => {
  const { tools, connections } = testGateway();
  await BrowserMedia.open(tools, offer);
  expect(keyOf(connections[0]?.id ?? '')).toBe(dialogKey('a call'));
  expect([keyOf('con_1.1001'), keyOf('vco_1'), keyOf('wsc_1')]).toEqual([undefined, undefined, undefined]);
});
