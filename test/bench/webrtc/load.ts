// The load of bench:webrtc, a process of its own: both ends of every call, browsers by Peer and far ends with plain RTP.
// A packet every 20 ms each way, whose payload carries when it was sent, so that delay is read off one clock.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { type Identity, makeIdentity, Peer, payloadStart } from './peer.ts';

export type ToLoad =
  | { do: 'offer'; call: number }
  | { do: 'connect'; call: number; answer: string; line: { address: string; port: number } }
  | { do: 'measure'; ms: number }
  | { do: 'close' };

export interface Measured {
  /** Of all packets, both ways, ms. */
  delayP50: number;
  delayP99: number;
  sent: number;
  received: number;
  broken: number;
}

export type FromLoad =
  | { offered: number; browser: string; far: string }
  | { connected: number }
  | { measured: Measured }
  | { failed: string };

interface Call {
  peer: Peer;
  far: Socket;
  farTo: { address: string; port: number } | undefined;
  farSsrc: number;
  farSequence: number;
  talking: boolean;
}

// What waits for the load's turn would be counted as the gateway's delay. Where the system refuses, it is.
try {
  setPriority(-10);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
}

const say = (message: FromLoad) => process.send?.(message);
const calls = new Map<number, Call>();
const payload = Buffer.alloc(160, 0xd5);
const stepMs = 5;
const phases = 4;
let identity: Identity | undefined;
let sent = 0;
let received = 0;
let delays: number[] = [];
let measuring = false;

async function offer(id: number): Promise<void> {
  identity ??= await makeIdentity();
  const far = createSocket({ type: 'udp4', recvBufferSize: 1 << 19 });
  far.bind(0, '127.0.0.1');
  await once(far, 'listening');
  const peer = await Peer.open(identity);
  const call: Call = { peer, far, farTo: undefined, farSsrc: 1000 + id, farSequence: 0, talking: false };
  peer.heard = arrived;
  far.on('message', (packet) => arrived(packet.subarray(payloadStart(packet))));
  calls.set(id, call);
  const description = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${far.address().port} RTP/AVP 0`,
    `a=ssrc:${call.farSsrc} cname:far`,
    '',
  ].join('\r\n');
  say({ offered: id, browser: peer.offer(), far: description });
}

function arrived(data: Buffer): void {
  if (!measuring) return;
  received++;
  delays.push(performance.now() - data.readDoubleBE(0));
}

/** The clock of all calls: a quarter of them every 5 ms. */
let tick = 0;
const began = performance.now();
function pace(): void {
  const due = Math.floor((performance.now() - began) / stepMs);
  for (; tick < due; tick++) {
    for (const [id, call] of calls) if (id % phases === tick % phases && call.talking) talk(call);
  }
}
setInterval(pace, stepMs / 2);

function talk(call: Call): void {
  if (!call.farTo) return;
  payload.writeDoubleBE(performance.now(), 0);
  call.peer.speak(payload);
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header.writeUInt16BE(call.farSequence & 0xffff, 2);
  header.writeUInt32BE((call.farSequence * 160) >>> 0, 4);
  header.writeUInt32BE(call.farSsrc, 8);
  call.farSequence++;
  call.far.send(Buffer.concat([header, payload]), call.farTo.port, call.farTo.address);
  if (measuring) sent += 2;
}

async function measure(ms: number): Promise<void> {
  [sent, received, delays] = [0, 0, []];
  for (const { peer } of calls.values()) peer.broken = 0;
  measuring = true;
  await new Promise((resolve) => setTimeout(resolve, ms));
  measuring = false;
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? Number.NaN;
  const broken = [...calls.values()].reduce((sum, { peer }) => sum + peer.broken, 0);
  say({ measured: { delayP50: at(0.5), delayP99: at(0.99), sent, received, broken } });
}

async function take(message: ToLoad): Promise<void> {
  if (message.do === 'offer') await offer(message.call);
  else if (message.do === 'connect') {
    const call = calls.get(message.call);
    if (!call) throw new Error(`there is no call ${message.call}`);
    await call.peer.answered(message.answer);
    call.farTo = message.line;
    call.talking = true;
    say({ connected: message.call });
  } else if (message.do === 'measure') await measure(message.ms);
  else {
    for (const { peer, far } of calls.values()) {
      peer.close();
      far.close();
    }
    process.exit(0);
  }
}

process.on('message', (message: ToLoad) => {
  take(message).catch((error: Error) => say({ failed: error.stack ?? error.message }));
});
// Its parent failed.
process.on('disconnect', () => process.exit(1));
