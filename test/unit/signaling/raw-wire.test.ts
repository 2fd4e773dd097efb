// The frames of a SIP server, however the network cuts them.
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import '../../../server/signaling/sip/raw-wire.ts';

const Protocol = createRequire(import.meta.url)('drachtio-srf/lib/wire-protocol.js') as new (
  options: object,
) => {
  installListeners(socket: Socket): void;
  on(event: 'msg', listener: (socket: Socket, frame: string) => void): void;
};

function connection() {
  const frames: string[] = [];
  const ends: Error[] = [];
  const socket = Object.assign(new EventEmitter(), { destroy: (error: Error) => ends.push(error) });
  const protocol = new Protocol({});
  protocol.on('msg', (_socket, frame) => {
    if (frame === 'defect') throw new Error('thrown');
    frames.push(frame);
  });
  protocol.installListeners(socket as unknown as Socket);
  return { frames, ends, feed: (bytes: Buffer) => socket.emit('data', bytes) };
}

const frame = (text: string) => `${Buffer.byteLength(text)}#${text}`;
const texts = ['a|sip|network\r\nINVITE 1#2', '客户', 'x'.repeat(120)];

test('frames cut anywhere, also in the length and within a letter', () => {
  const whole = Buffer.from(texts.map(frame).join(''));
  for (let at = 0; at <= whole.length; at++) {
    const { frames, ends, feed } = connection();
    feed(whole.subarray(0, at));
    feed(whole.subarray(at));
    expect(frames).toEqual(texts);
    expect(ends).toEqual([]);
  }
  const { frames, feed } = connection();
  for (const byte of whole) feed(Buffer.from([byte]));
  expect(frames).toEqual(texts);
});

test.each([
  ['no length', '#text'],
  ['a length that is no number', 'four#text'],
  ['an empty frame', '0#5#hello'],
  ['a negative length', '-4#text'],
  ['a length beyond all frames', '99999999999#text'],
  ['no mark', 'HTTP/1.1 200 OK'],
  ['a frame that nobody can handle', frame('defect')],
])('%s ends the connection and nothing else', (_what, bytes) => {
  const { frames, ends, feed } = connection();
  feed(Buffer.from(frame('before') + bytes));
  expect(frames).toEqual(['before']);
  expect(ends).toHaveLength(1);
});
