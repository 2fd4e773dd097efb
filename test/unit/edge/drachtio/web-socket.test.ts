// A phone in a browser, as SIP.js makes it: registers over WebSocket, is called, calls, and comes back on another connection.

import {
  type Invitation,
  Inviter,
  Registerer,
  RegistererState,
  type Session,
  type SessionDescriptionHandlerFactory,
  SessionState,
  UserAgent,
} from 'sip.js';
import { afterEach, expect, test } from 'vitest';
import { type AppRequest, accept, Bench, destroyed, on, until } from './bench.ts';
import { sdp } from './sip-peer.ts';

let bench: Bench | undefined;
const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await bench?.close();
  bench = undefined;
});

/** What is said about media is always the same; there is none. */
const fixedMedia: SessionDescriptionHandlerFactory = () => ({
  close() {},
  getDescription: async () => ({ body: sdp, contentType: 'application/sdp' }),
  hasDescription: () => true,
  rollbackDescription: async () => undefined,
  setDescription: async () => undefined,
  sendDtmf: () => false,
});

async function phone(user: string): Promise<{ agent: UserAgent; calls: Invitation[] }> {
  const port = bench?.edge.sip.find(({ protocol }) => protocol === 'ws')?.port;
  const calls: Invitation[] = [];
  const agent = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@switchroom`)!,
    transportOptions: { server: `ws://127.0.0.1:${port}` },
    sessionDescriptionHandlerFactory: fixedMedia,
    delegate: { onInvite: (invitation) => calls.push(invitation) },
    logBuiltinEnabled: false,
  });
  agents.push(agent);
  await agent.start();
  return { agent, calls };
}

async function register(agent: UserAgent): Promise<void> {
  const registerer = new Registerer(agent);
  await registerer.register();
  await until(() => registerer.state === RegistererState.Registered, 'registered');
}

const stateIs = (session: Session, state: SessionState) => until(() => session.state === state, `session ${state}`);

async function open(): Promise<Awaited<ReturnType<Bench['app']>>> {
  bench = await Bench.open({
    sip: [
      { protocol: 'udp', address: '127.0.0.1', port: 0 },
      { protocol: 'ws', address: '127.0.0.1', port: 0 },
    ],
  });
  return bench.app();
}

/** Takes registrations and keeps the contacts. */
function registrar(srf: Awaited<ReturnType<Bench['app']>>) {
  const seen: { contact: string; protocol: string }[] = [];
  on(srf, 'register', (req, res) => {
    const contact = req.get('Contact');
    seen.push({ contact, protocol: (req as AppRequest & { protocol: string }).protocol });
    res.send(200, { headers: { Contact: contact, Expires: '300' } });
  });
  return seen;
}

const uriIn = (contact: string): string => /<([^>]+)>/.exec(contact)?.[1] ?? '';

test('it registers and is called at a contact that nobody could dial; either side hangs up', async () => {
  const srf = await open();
  const seen = registrar(srf);
  const { agent, calls } = await phone('1001');
  await register(agent);
  expect(seen[0]?.protocol).toBe('ws');
  const contact = uriIn(seen[0]!.contact);
  expect(contact).toMatch(/^sip:.+@.+\.invalid;transport=ws/i);

  for (const hangsUp of ['app', 'phone'] as const) {
    const dialling = srf.createUAC(contact, { localSdp: sdp });
    await until(() => calls.length > 0, 'the phone rings');
    const call = calls.pop()!;
    // Where it will send its requests, and by what.
    expect(call.request.getHeader('Contact')).toMatch(/^<sip:127\.0\.0\.1:\d+;transport=ws>$/);
    expect(call.request.getHeader('Via')).toMatch(/^SIP\/2\.0\/WS 127\.0\.0\.1:\d+;/);
    await call.accept();
    const dialog = await dialling;
    await stateIs(call, SessionState.Established);
    const over = destroyed(dialog as never);
    if (hangsUp === 'app') await dialog.destroy();
    else await Promise.all([call.bye(), over]);
    await stateIs(call, SessionState.Terminated);
  }
  await until(() => bench?.edge.counts().dialogs === 0, 'no dialog is left');
});

test('it calls; requests of the app go to it over its connection, which it never had registered', async () => {
  const srf = await open();
  const ups: Awaited<ReturnType<typeof accept>>[] = [];
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }).then((dialog) => ups.push(dialog)));
  const { agent } = await phone('1001');
  const call = new Inviter(agent, UserAgent.makeURI('sip:95500@switchroom')!);
  await call.invite();
  await stateIs(call, SessionState.Established);
  await until(() => ups.length === 1, 'the app has it');
  let told = '';
  call.delegate = {
    onInfo: (info) => {
      told = info.request.body;
      void info.accept();
    },
  };
  const answer = await ups[0]!.request({ method: 'INFO', body: 'x', headers: { 'Content-Type': 'text/plain' } });
  expect(answer.status).toBe(200);
  expect(told).toBe('x');
  await ups[0]!.destroy();
  await stateIs(call, SessionState.Terminated);
});

test('its network changes in the middle of a call: once it has registered again the call is reached over the new connection', async () => {
  const srf = await open();
  const seen = registrar(srf);
  const { agent, calls } = await phone('1001');
  await register(agent);
  const dialling = srf.createUAC(uriIn(seen[0]!.contact), { localSdp: sdp });
  await until(() => calls.length > 0, 'the phone rings');
  const call = calls.pop()!;
  await call.accept();
  const dialog = await dialling;
  await stateIs(call, SessionState.Established);

  await agent.transport.disconnect();
  await agent.transport.connect();
  await register(agent);
  expect(uriIn(seen[1]!.contact)).toBe(uriIn(seen[0]!.contact));
  await dialog.destroy();
  await stateIs(call, SessionState.Terminated);
});
