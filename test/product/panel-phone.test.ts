// Phones inside panels, on the whole product: the real server, edge and WebRTC gateway, a real browser for the audio and a real
// WebSocket for the panel; callers by SIPp.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { BrowserPhone, hasChromium, openAudioBrowser } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { type Caller, Floor, type Line, sdpOf } from './floor.ts';
import { Panel } from './panel.ts';
import { has } from './sipp.ts';
import { freeTcpPort } from './tcp-port.ts';
import { until } from './until.ts';

const binary = findWorkerBinary() ?? builtWorker();
const ready = has('sipp') && hasChromium;
/** The whole of it on each gateway that this machine has. */
const engines = ['edge', ...(binary === undefined ? [] : ['mediasoup'])];

interface Connected {
  connection: string;
  answer: string;
  iceServers: { urls: string[] }[];
}

describe.skipIf(!ready).each(engines)(
  'phones in panels, WebRTC of %s (needs sipp, chromium)',
  { timeout: 60_000 },
  (engine) => {
    let floor: Floor;
    let browser: Browser;
    const panels: Panel[] = [];
    const pages: BrowserPhone[] = [];
    beforeAll(async () => {
      // Programs that the supervisor starts have our environment.
      if (binary !== undefined) process.env.MEDIASOUP_WORKER_BIN = binary;
      const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
      // Its address has to outlive a server that is killed.
      const env = {
        SWITCHROOM_WEBRTC: engine,
        SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}`,
        SWITCHROOM_HTTP_PORT: String(await freeTcpPort()),
      };
      floor = await Floor.open({ env });
      browser = await openAudioBrowser();
    });
    afterEach(async () => {
      await floor.tidy();
      for (const panel of panels.splice(0)) panel.close();
      await Promise.all(pages.splice(0).map((page) => page.close()));
    });
    afterAll(async () => {
      await browser?.close();
      await floor?.close();
    });

    /** A panel of 1001, whose phone it is. */
    async function open(answers: 'by-hand' | 'at-once' = 'by-hand', queues: string[] = []): Promise<Panel> {
      await floor.ask('PUT', '/agents/1001', { name: 'Ann', phone: { kind: 'panel', answers }, queues });
      return another();
    }

    async function another(): Promise<Panel> {
      const panel = await Panel.open(floor.product, '1001', floor.product.login('1001').password);
      panels.push(panel);
      return panel;
    }

    async function connect(panel: Panel, page?: BrowserPhone, more: object = {}): Promise<BrowserPhone> {
      const made = page ?? (await BrowserPhone.open(browser));
      if (!page) pages.push(made);
      const offer = await made.offer();
      const { answer, connection } = await panel.do<Connected>('phone-connect', { offer, ...more });
      await made.answered(answer);
      await panel.event('phone', (phone) => phone.connection === connection && phone.state === 'connected');
      return made;
    }

    /** An agent at a panel with audio, ready, and a caller for her who is answered. */
    async function talk(): Promise<{ panel: Panel; page: BrowserPhone; caller: Caller; line: Line }> {
      const line = await floor.line();
      const panel = await open('by-hand', [line.queue]);
      const page = await connect(panel);
      await panel.do('ready');
      const caller = await floor.caller(line.number);
      const { with: pop } = await panel.event('pop', ({ content }) => content.interaction === caller.interaction);
      await panel.do('pop-shown', { offer: pop.offer.id });
      await panel.event('phone', ({ lines }) => lines[0]?.state === 'ringing');
      await panel.do('answer', { offer: pop.offer.id });
      await floor.phase(caller.interaction, 'talking');
      return { panel, page, caller, line };
    }

    async function hearEachOther(page: BrowserPhone, caller: Caller, hz: [number, number] = [500, 900]): Promise<void> {
      await page.speak(hz[0]);
      caller.rtp.speak(hz[1]);
      await Promise.all([caller.rtp.hears([hz[0]], [hz[1]]), page.hears([hz[1]], [hz[0]])]);
    }

    async function hangUp(caller: Caller): Promise<void> {
      await caller.sipp.tell('HANGUP');
      await caller.sipp.done();
    }

    test('ready once it is connected; rung, answered, held, muted, hung up', async () => {
      const line = await floor.line();
      const panel = await open('by-hand', [line.queue]);
      await expect(panel.do('ready')).rejects.toThrow('agent-phone-unreachable');
      await expect(panel.do('phone-answer', { line: 'none' })).rejects.toThrow('phone-not-connected');
      expect(await panel.do('phone-servers')).toEqual({ iceServers: [] });
      const page = await connect(panel);
      await panel.do('ready');
      const caller = await floor.caller(line.number);
      const { with: pop, at: popAt } = await panel.event('pop');
      const { with: ringing, at: rangAt } = await panel.event('phone', ({ lines }) => lines.length === 1);
      expect(ringing.lines[0]).toMatchObject({ state: 'ringing', interaction: caller.interaction, heard: false });
      expect(rangAt).toBeGreaterThanOrEqual(popAt);
      await panel.do('answer', { offer: pop.offer.id });
      await panel.event('phone', ({ lines }) => lines[0]?.state === 'up' && lines[0].heard);
      await hearEachOther(page, caller);

      await panel.do('phone-mute', { on: true });
      await Promise.all([caller.rtp.hearsNothing(), page.hears([900])]);
      await panel.do('phone-mute', { on: false });
      await caller.rtp.hears([500]);
      await panel.do('hold', { interaction: caller.interaction });
      await page.hearsNothing();
      await panel.do('resume-call', { interaction: caller.interaction });
      await hearEachOther(page, caller, [600, 1100]);

      const { lines } = panel.told.findLast(({ event }) => event === 'phone')?.with ?? {};
      await panel.do('phone-hangup', { line: lines[0].line });
      await caller.sipp.done();
      expect(await floor.record(caller.interaction)).toMatchObject({ agent: '1001', endedBy: 'agent' });
      await panel.event('phone', ({ lines, state }) => lines.length === 0 && state === 'connected');
      await floor.nothingLeft();
    });

    test('at-once: it answers offers by itself, after the pop', async () => {
      const line = await floor.line();
      const panel = await open('at-once', [line.queue]);
      const page = await connect(panel);
      await panel.do('ready');
      const caller = await floor.caller(line.number);
      await panel.event('pop');
      await floor.phase(caller.interaction, 'talking');
      await hearEachOther(page, caller);
      await hangUp(caller);
      await floor.nothingLeft();
    });

    test('declined: the next agent gets the call', async () => {
      const line = await floor.line();
      const panel = await open('by-hand', [line.queue]);
      await connect(panel);
      await panel.do('ready');
      const caller = await floor.caller(line.number);
      const { with: phone } = await panel.event('phone', ({ lines }) => lines.length === 1);
      await panel.do('phone-decline', { line: phone.lines[0].line });
      await panel.event('offer-ended', ({ outcome }) => outcome === 'declined');
      const seat = await floor.seat([line.queue]);
      await floor.answers(seat, caller.interaction);
      await floor.hearEachOther(caller.rtp, seat.rtp);
      await hangUp(caller);
      await seat.sipp.done();
      await floor.nothingLeft();
    });

    test('asked over a queue by a colleague: the Answer of the pop picks it up', async () => {
      const [line, asked] = [await floor.line(), await floor.line()];
      const seat = await floor.seat([line.queue]);
      const panel = await open('by-hand', [asked.queue]);
      const page = await connect(panel);
      await panel.do('ready');
      const caller = await floor.caller(line.number);
      await floor.answers(seat, caller.interaction);
      const consult = `/agents/${seat.agent}/contacts/${caller.interaction}/consult`;
      await floor.ask('POST', consult, { queue: asked.queue });
      const { with: pop } = await panel.event('pop');
      await panel.do('answer', { offer: pop.offer.id });
      const { with: phone } = await panel.event('phone', ({ lines }) => lines[0]?.state === 'up');
      expect(phone.lines).toMatchObject([{ interaction: pop.content.interaction }]);
      await page.speak(500);
      seat.rtp.speak(900);
      await Promise.all([seat.rtp.hears([500], [900]), page.hears([900], [500])]);
      await hangUp(caller);
      await seat.sipp.done();
      await floor.nothingLeft();
    });

    test('a reload in the talk: audio back on the same call within 3 s', async () => {
      const { panel, page, caller } = await talk();
      await hearEachOther(page, caller);
      panel.close();
      await page.hangUp();
      const began = performance.now();
      const again = await another();
      await connect(again, page);
      await hearEachOther(page, caller, [600, 1100]);
      expect(performance.now() - began).toBeLessThan(3_000);
      expect((await floor.call(caller.interaction))?.phase).toBe('talking');
      await hangUp(caller);
      await floor.nothingLeft();
    });

    test('its socket breaks: the audio goes on, and the panel that comes back has it still', async () => {
      const { panel, page, caller } = await talk();
      await hearEachOther(page, caller);
      const { with: before } = panel.told.findLast(({ event }) => event === 'phone') ?? { with: {} };
      panel.close();
      await hearEachOther(page, caller, [600, 1100]);
      const back = await another();
      expect(back.snapshot.phone).toMatchObject({ state: 'connected', connection: before.connection });
      await hearEachOther(page, caller);
      await hangUp(caller);
      await back.event('phone', ({ lines }) => lines.length === 0);
      await floor.nothingLeft();
    });

    test('two panels: one has the audio, the other is told so and takes it over', async () => {
      const { panel, page, caller } = await talk();
      await hearEachOther(page, caller);
      const other = await another();
      const second = await BrowserPhone.open(browser);
      pages.push(second);
      const offer = await second.offer();
      await expect(other.do('phone-connect', { offer })).rejects.toThrow('phone-elsewhere');
      await hearEachOther(page, caller, [700, 1300]);
      await connect(other, second, { take: true });
      await hearEachOther(second, caller, [600, 1100]);
      const { with: told } = await panel.event('phone', ({ owner }) => owner === other.session);
      expect(told.lines).toHaveLength(1);
      await until(async () => (await page.state()) !== 'connected', 'the first panel has no audio any more');
      await hangUp(caller);
      await floor.nothingLeft();
    });

    test('an ICE restart in the talk', async () => {
      const { panel, page, caller } = await talk();
      await hearEachOther(page, caller);
      const { answer } = await panel.do<{ answer: string }>('phone-renegotiate', { offer: await page.again(true) });
      await page.answered(answer);
      await hearEachOther(page, caller, [600, 1100]);
      await hangUp(caller);
      await floor.nothingLeft();
    });

    test('the server dies in the talk: the next one gives the call back to her panel', {
      timeout: 90_000,
    }, async () => {
      const { page, caller } = await talk();
      await hearEachOther(page, caller);
      const killed = floor.product.pids.server;
      floor.product.kill('server');
      await until(() => ![0, killed].includes(floor.product.pids.server), 'another server runs', 20_000);
      await page.hangUp();
      // The caller does not notice but that she hears nobody.
      let again: Panel | undefined;
      await until(
        async () => {
          again = await another().catch(() => undefined);
          return again !== undefined;
        },
        'a panel gets in',
        20_000,
      );
      await connect(again as Panel, page);
      await hearEachOther(page, caller, [600, 1100]);
      expect((await floor.call(caller.interaction))?.phase).toBe('talking');
      await hangUp(caller);
      expect(await floor.record(caller.interaction)).toMatchObject({ agent: '1001', endedBy: 'customer' });
      await floor.nothingLeft();
    });

    test('she dials out: her panel is connected by itself, then the far side rings', async () => {
      const panel = await open();
      const page = await connect(panel);
      const far = await floor.phone('far');
      const uri = `sip:far@127.0.0.1:${far.sipp.port}`;
      await floor.ask('PUT', '/agents/2999', { name: 'Far', phone: { kind: 'uri', uri } });
      const { interaction } = await panel.do<{ interaction: string }>('dial', { to: { agent: '2999' } });
      await panel.event('phone', ({ lines }) => lines[0]?.state === 'up');
      const invite = await floor.rings(far);
      far.rtp.connect(sdpOf(invite));
      await far.sipp.tell('ANSWER', {}, invite.callId);
      await page.speak(500);
      far.rtp.speak(900);
      await Promise.all([far.rtp.hears([500], [900]), page.hears([900], [500])]);
      await panel.do('hangup', { interaction });
      await far.sipp.done();
      await floor.nothingLeft();
    });
  },
);
