// SIP phones in browsers on the whole product: SIP.js in a real browser registers over WebSocket as an agent's phone, and
// talks with callers of SIPp by the edge's WebRTC.
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openAudioBrowser } from '../contract/webrtc/browser-phone.ts';
import { SipBrowserPhone, servePage } from './browser-phone/sip-browser-phone.ts';
import { type Caller, Floor, sdpOf } from './floor.ts';
import { has } from './sipp.ts';
import { freeTcpPort } from './tcp-port.ts';
import { until } from './until.ts';

const ready = has('sipp') && hasChromium;

describe.skipIf(!ready)('SIP phones in browsers (needs sipp, chromium)', { timeout: 60_000 }, () => {
  let floor: Floor;
  let browser: Browser;
  let server: string;
  let page: Awaited<ReturnType<typeof servePage>>;
  const phones: SipBrowserPhone[] = [];
  beforeAll(async () => {
    const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
    const port = await freeTcpPort();
    server = `ws://127.0.0.1:${port}`;
    const env = {
      SWITCHROOM_WEBRTC: 'edge',
      SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}`,
      SWITCHROOM_SIP_WS_PORT: String(port),
      // Its address has to outlive a server that is killed.
      SWITCHROOM_HTTP_PORT: String(await freeTcpPort()),
    };
    floor = await Floor.open({ env });
    page = await servePage();
    browser = await openAudioBrowser();
  });
  afterEach(async () => {
    await floor.tidy();
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
  });
  afterAll(async () => {
    await browser?.close();
    page?.close();
    await floor?.close();
  });

  /** An agent with such a phone, ready. */
  async function seat(
    queues: string[],
    more: Record<string, unknown> = {},
  ): Promise<{ agent: string; phone: SipBrowserPhone }> {
    const agent = await floor.agent(queues, { registered: true }, { autoAnswer: false, ...more });
    const phone = await SipBrowserPhone.open(browser, page.url, { server, user: agent, secret: `secret-${agent}` });
    phones.push(phone);
    await floor.product.ready(agent);
    return { agent, phone };
  }

  /** She has answered a caller. */
  async function talk(
    more: Record<string, unknown> = {},
  ): Promise<{ agent: string; phone: SipBrowserPhone; caller: Caller }> {
    const line = await floor.line(more);
    const { agent, phone } = await seat([line.queue]);
    const caller = await floor.caller(line.number);
    await phone.is('Initial');
    expect((await phone.seen()).from).toBe('+8613800138000');
    await phone.do('answer');
    await floor.phase(caller.interaction, 'talking');
    return { agent, phone, caller };
  }

  async function hearEachOther(phone: SipBrowserPhone, caller: Caller, hz: [number, number] = [500, 900]) {
    await phone.audio.speak(hz[0]);
    caller.rtp.speak(hz[1]);
    await Promise.all([caller.rtp.hears([hz[0]], [hz[1]]), phone.audio.hears([hz[1]], [hz[0]])]);
  }

  test('rung, answered, heard both ways; the caller hangs up', async () => {
    const { agent, phone, caller } = await talk();
    await hearEachOther(phone, caller);
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    await phone.is('Terminated');
    expect(await floor.record(caller.interaction)).toMatchObject({ agent, endedBy: 'customer' });
    await floor.nothingLeft();
  });

  test('she holds, resumes and hangs up by her phone', async () => {
    const { agent, phone, caller } = await talk();
    await hearEachOther(phone, caller);
    expect(await phone.do('hold', true)).toBe('recvonly');
    await floor.phase(caller.interaction, 'held');
    await phone.audio.hearsNothing();
    expect(await phone.do('hold', false)).toBe('sendrecv');
    await floor.phase(caller.interaction, 'talking');
    await hearEachOther(phone, caller, [600, 1100]);
    await phone.do('hangUp');
    await caller.sipp.done();
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ agent, endedBy: 'agent' });
    expect(record.holdMs).toBeGreaterThan(0);
    await floor.nothingLeft();
  });

  test('held by the server: her phone hears of nothing, and its audio comes back', async () => {
    const { agent, phone, caller } = await talk();
    await hearEachOther(phone, caller);
    const contact = `/agents/${agent}/contacts/${caller.interaction}`;
    await floor.ask('POST', `${contact}/hold`);
    await phone.audio.hearsNothing();
    await floor.ask('POST', `${contact}/resume`);
    await hearEachOther(phone, caller, [600, 1100]);
    await phone.do('hangUp');
    await caller.sipp.done();
    await floor.nothingLeft();
  });

  test('her keys go to the caller, sent as RTP and as INFO', async () => {
    const { phone, caller } = await talk();
    await hearEachOther(phone, caller);
    const came = (digits: string) =>
      until(
        () => ended(caller) === digits,
        () => `${digits} came; it was ${ended(caller)}`,
      );
    expect(await phone.do('tones', '42#')).toBe(true);
    await came('42#');
    await phone.do('info', '7');
    await came('42#7');
    await phone.do('hangUp');
    await caller.sipp.done();
    await floor.nothingLeft();
  });

  test('declined: she is not rung again, the next agent is', async () => {
    const line = await floor.line();
    const { phone } = await seat([line.queue]);
    const caller = await floor.caller(line.number);
    await phone.is('Initial');
    await phone.do('decline');
    await phone.is('Terminated');
    const next = await floor.seat([line.queue]);
    await floor.answers(next, caller.interaction);
    await floor.hearEachOther(caller.rtp, next.rtp);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), next.sipp.done()]);
    await floor.nothingLeft();
  });

  test('she is rung, and the caller gives up: it stops ringing', async () => {
    const line = await floor.line();
    const { phone } = await seat([line.queue]);
    const caller = await floor.caller(line.number);
    await phone.is('Initial');
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    await phone.is('Terminated');
    await floor.nothingLeft();
  });

  test('she calls a colleague: rung, heard both ways, hung up there; and another that she gives up', async () => {
    const { phone } = await seat([]);
    const far = await floor.phone('far', { calls: 2 });
    const colleague = await floor.agent([], { port: far.sipp.port });
    await phone.do('call', colleague);
    const invite = await floor.rings(far);
    far.rtp.connect(sdpOf(invite));
    await far.sipp.tell('ANSWER', {}, invite.callId);
    await phone.is('Established');
    await phone.audio.speak(500);
    far.rtp.speak(900);
    await Promise.all([far.rtp.hears([500], [900]), phone.audio.hears([900], [500])]);
    await far.sipp.tell('HANGUP', {}, invite.callId);
    await phone.is('Terminated');

    await phone.do('call', colleague);
    await floor.rings(far, 2);
    await phone.do('cancel');
    await phone.is('Terminated');
    await far.sipp.done();
    await floor.nothingLeft();
  });

  test('the server is killed in the talk: both hear each other on, and the next server ends it', async () => {
    const { agent, phone, caller } = await talk();
    await hearEachOther(phone, caller);
    const another = once(floor.product.supervisor.server, 'ready');
    floor.product.kill('server');
    await hearEachOther(phone, caller, [600, 1100]);
    await another;
    await floor.phase(caller.interaction, 'talking');
    expect(await phone.do('hold', true)).toBe('recvonly');
    await floor.phase(caller.interaction, 'held');
    expect(await phone.do('hold', false)).toBe('sendrecv');
    await floor.phase(caller.interaction, 'talking');
    await hearEachOther(phone, caller);
    await phone.do('hangUp');
    await caller.sipp.done();
    expect(await floor.record(caller.interaction)).toMatchObject({ agent, endedBy: 'agent' });
    await floor.nothingLeft();
  });
});

/** Digits that were heard to their end, in their order. */
function ended({ rtp }: Caller): string {
  return rtp
    .digits()
    .filter(({ ends }) => ends > 0)
    .map(({ digit }) => digit)
    .join('');
}
