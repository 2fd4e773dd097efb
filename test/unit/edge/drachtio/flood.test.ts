// Requests in numbers that nobody asked for: a scanner, or phones that all come at once.
import { afterEach, expect, test } from 'vitest';
import { type AppResponse, accept, Bench, on, until } from './bench.ts';
import { type Received, SipPeer, sdp } from './sip-peer.ts';

let bench: Bench | undefined;
const scanners: SipPeer[] = [];
afterEach(async () => {
  for (const scanner of scanners.splice(0)) scanner.close();
  await bench?.close();
  bench = undefined;
});

/** From an address of its own. */
async function scanner(): Promise<SipPeer> {
  const peer = await SipPeer.udp(bench?.port('udp') ?? 0, '127.0.0.66');
  scanners.push(peer);
  return peer;
}

let count = 0;
function requestOf(peer: SipPeer, method: string, branch = peer.branch()): { text: string; callId: string } {
  const callId = `flood-${++count}`;
  const text = [
    `${method} sip:127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${peer.transport} 127.0.0.66:${peer.port};branch=${branch};rport`,
    'From: <sip:1001@127.0.0.1>;tag=a',
    'To: <sip:1001@127.0.0.1>',
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:1001@127.0.0.66:5060>',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  return { text, callId };
}

function ask(peer: SipPeer, method: string): string {
  const { text, callId } = requestOf(peer, method);
  peer.send(text);
  return callId;
}

const of = (callId: string) => (message: Received) => message.callId === callId;

test('a flood from one source gets 503 and reaches no app; calls, registrations and other sources go on', async () => {
  bench = await Bench.open({ sources: { burst: 5, perSecond: 0.001 } });
  const srf = await bench.app();
  let reached = 0;
  on(srf, 'register', (_req, res) => {
    reached++;
    res.send(reached <= 5 ? 401 : 200);
  });
  on(srf, 'options', (_req, res) => res.send(200));
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }));
  const peer = await bench.peer();
  const talking = peer.call('talk');
  await talking.establish();

  const flood = await scanner();
  for (let i = 0; i < 5; i++) await flood.expect(401, of(ask(flood, 'REGISTER')));
  for (let i = 0; i < 300; i++) ask(flood, i % 3 === 0 ? 'INVITE' : i % 3 === 1 ? 'OPTIONS' : 'REGISTER');
  await until(() => flood.count(503) === 300, 'all are refused');
  const refusal = await flood.expect(503);
  expect(Number(refusal.header('Retry-After'))).toBeGreaterThanOrEqual(2);
  expect(refusal.header('To')).toContain(';tag=');
  expect(reached).toBe(5);
  // Nothing is kept of them.
  expect(bench.edge.counts()).toMatchObject({ floods: 300, refused: 0, dialogs: 1 });
  expect(bench.edge.counts().server).toBeLessThan(10);

  talking.send('INFO');
  await peer.expect(200, (one) => one.callId === talking.callId && one.cseq.endsWith('INFO'));
  await peer.expect(200, of(ask(peer, 'REGISTER')));
  for (let i = 0; i < 20; i++) await peer.expect(200, of(ask(peer, 'OPTIONS')));
  const next = peer.call('talk');
  await next.establish();
  await next.bye();
  await talking.bye();
});

test('whose request an app has accepted may send as many as it likes', async () => {
  bench = await Bench.open({ sources: { burst: 3, perSecond: 0.001 } });
  const srf = await bench.app();
  on(srf, 'register', (_req, res) => res.send(200));
  const office = await scanner();
  for (let i = 0; i < 50; i++) await office.expect(200, of(ask(office, 'REGISTER')));
  expect(bench.edge.counts().floods).toBe(0);
});

test('a 200 to OPTIONS makes nobody known: everybody gets it', async () => {
  bench = await Bench.open({ sources: { burst: 3, perSecond: 0.001 } });
  const srf = await bench.app();
  on(srf, 'options', (_req, res) => res.send(200));
  const stranger = await scanner();
  for (let i = 0; i < 3; i++) await stranger.expect(200, of(ask(stranger, 'OPTIONS')));
  await stranger.expect(503, of(ask(stranger, 'OPTIONS')));
});

test('a retransmission takes nothing of the rate, and gets the answer that there was', async () => {
  bench = await Bench.open({ sources: { burst: 1, perSecond: 0.001 } });
  const srf = await bench.app();
  on(srf, 'options', (_req, res) => res.send(200));
  const stranger = await scanner();
  const { text, callId } = requestOf(stranger, 'OPTIONS');
  for (let i = 0; i < 5; i++) {
    stranger.send(text);
    await stranger.expect(200, of(callId));
  }
  await stranger.expect(503, of(ask(stranger, 'OPTIONS')));
});

test('what waits for the app is bounded; registrations keep room that OPTIONS cannot take', async () => {
  bench = await Bench.open({ admission: { others: 4 } });
  const srf = await bench.app();
  const stuck: AppResponse[] = [];
  on(srf, 'options', (_req, res) => void stuck.push(res));
  on(srf, 'register', (_req, res) => void stuck.push(res));
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }));
  on(srf, 'info', (_req, res) => void stuck.push(res));
  const peer = await bench.peer();
  const talking = peer.call('talk');
  await talking.establish();
  for (let i = 0; i < 2; i++) ask(peer, 'OPTIONS');
  await until(() => stuck.length === 2, 'two OPTIONS wait');
  const refusal = await peer.expect(503, of(ask(peer, 'OPTIONS')));
  expect(Number(refusal.header('Retry-After'))).toBeGreaterThanOrEqual(2);
  const unknown = await scanner();
  ask(unknown, 'REGISTER');
  await until(() => stuck.length === 3, 'a registration of a stranger waits');
  await unknown.expect(503, of(ask(unknown, 'REGISTER')));
  const last = ask(peer, 'REGISTER');
  await until(() => stuck.length === 4, 'one of somebody known waits');
  await peer.expect(503, of(ask(peer, 'REGISTER')));
  expect(bench.edge.counts()).toMatchObject({ refused: 3, floods: 0 });
  // What belongs to calls is not counted and not refused.
  await talking.bye();
  for (const response of stuck) response.send(200);
  await peer.expect(200, of(last));
  for (let i = 0; i < 2; i++) ask(peer, 'OPTIONS');
  await until(() => stuck.length === 6, 'there is room again');
});
