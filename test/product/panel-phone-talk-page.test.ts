// What an agent does in a talk with nothing but her panel, on the whole product: the real page in Chromium with its softphone,
// colleagues at SIP phones, and everybody's ears.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { hasChromium } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Floor, type Party, sdpOf } from './floor.ts';
import { openPhoneBrowser, ready, talk } from './phone-page.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

const binary = findWorkerBinary() ?? builtWorker();
/** What the agent's microphone hears; the caller says 900 Hz, the colleague 500. */
const agentHz = 700;

describe.skipIf(!has('sipp') || !hasChromium)(
  'a talk by the panel alone (needs sipp and chromium)',
  { timeout: 90_000 },
  () => {
    let floor: Floor;
    let browser: Browser;
    let close: (() => Promise<void>) | undefined;
    let page: Page;

    beforeAll(async () => {
      if (binary !== undefined) process.env.MEDIASOUP_WORKER_BIN = binary;
      const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
      floor = await Floor.open({ env: { SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}` } });
      ({ browser, close } = await openPhoneBrowser(agentHz));
    });
    afterEach(async () => {
      await floor.tidy();
      await page.context().close();
      await floor.product.ask('POST', '/agents/1001/sign-out', {});
    });
    afterAll(async () => {
      await close?.();
      await floor?.close();
    });

    async function open(): Promise<void> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      await context.grantPermissions(['notifications', 'microphone'], { origin: floor.product.web });
      page = await context.newPage();
    }

    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

    /** Picks somebody in the dialog for handing over. */
    async function to(agent: string, way: string): Promise<void> {
      await page.keyboard.press('F8');
      await page.getByRole('tab', { name: way }).click();
      await page.getByRole('dialog').getByRole('textbox').fill(agent);
      await page.getByRole('dialog').getByRole('textbox').press('Enter');
    }

    /** The phone, rung for the nth time, is picked up. */
    async function picksUp(phone: Party, nth = 1): Promise<void> {
      const invite = await floor.rings(phone, nth);
      phone.rtp.connect(sdpOf(invite));
      await phone.sipp.tell('ANSWER', {}, invite.callId);
      phone.rtp.speak(500);
    }

    test('keys to the far side; a colleague is asked, swapped with, taken into the talk and left with the caller', async () => {
      await open();
      const caller = await talk(floor, page, agentHz);
      const colleague = await floor.seat([(await floor.line()).queue]);
      await page.getByRole('button', { name: 'Keypad' }).click();
      for (const digit of ['4', '2', '#']) await press(digit);
      await until(() => caller.rtp.digits().filter(({ ends }) => ends > 0).length === 3, 'three digits came');
      expect(caller.rtp.digits().map(({ digit }) => digit)).toEqual(['4', '2', '#']);
      await page.getByRole('button', { name: 'Keypad' }).click();

      await to(colleague.agent, 'Ask first');
      await picksUp(colleague);
      await floor.phase(caller.interaction, 'consulting');
      await page.getByText('talks to you alone').waitFor();
      await colleague.rtp.hears([agentHz], [900]);
      await press('Swap');
      await page.getByText('waits', { exact: true }).waitFor();
      await caller.rtp.hears([agentHz], [500]);
      await press('Swap');
      await colleague.rtp.hears([agentHz], [900]);

      await press('Talk together');
      await floor.phase(caller.interaction, 'conference');
      await page.getByRole('button', { name: 'Mute' }).first().click();
      await Promise.all([caller.rtp.hears([500], [agentHz]), colleague.rtp.hears([900], [agentHz])]);
      await page.getByRole('button', { name: 'Unmute' }).first().click();
      colleague.rtp.speak(0);
      await caller.rtp.hears([agentHz], [500]);

      await press('Leave the talk');
      await page.getByRole('heading', { name: 'You are ready' }).waitFor();
      await floor.hearEachOther(caller.rtp, colleague.rtp, [900, 500]);
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), colleague.sipp.done()]);
      const record = await floor.record(caller.interaction);
      expect(record.agents.map(({ agent }) => agent)).toEqual(['1001', colleague.agent]);
      await floor.nothingLeft();
    });

    test('a caller is parked, taken again, and handed over after asking', async () => {
      await open();
      const caller = await talk(floor, page, agentHz);
      const colleague = await floor.seat([(await floor.line()).queue]);
      await page.getByRole('button', { name: 'Park' }).click();
      const parked = page.getByRole('list', { name: 'Parked calls' });
      await parked.getByText('+86 138 0013 8000').waitFor();
      await page.getByRole('heading', { name: 'You are ready' }).waitFor();
      await caller.rtp.hears([], [agentHz]);
      await parked.getByRole('button', { name: 'Take' }).click();
      await floor.phase(caller.interaction, 'talking');
      await parked.waitFor({ state: 'detached' });
      await caller.rtp.hears([agentHz], [900]);

      await to(colleague.agent, 'Ask first');
      await picksUp(colleague);
      await page.getByText('talks to you alone').waitFor();
      await press('Hand over');
      await page.getByRole('heading', { name: 'You are ready' }).waitFor();
      await floor.hearEachOther(caller.rtp, colleague.rtp, [900, 500]);
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), colleague.sipp.done()]);
      await floor.nothingLeft();
    });

    test('handed over at once; she is free at the same moment', async () => {
      await open();
      const caller = await talk(floor, page, agentHz);
      const colleague = await floor.seat([(await floor.line()).queue]);
      await to(colleague.agent, 'Transfer now');
      await picksUp(colleague);
      await page.getByRole('heading', { name: 'You are ready' }).waitFor();
      await floor.hearEachOther(caller.rtp, colleague.rtp, [900, 500]);
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), colleague.sipp.done()]);
      await floor.nothingLeft();
    });

    test('she calls a colleague, hangs up, and calls again what she dialled lately', async () => {
      await open();
      const colleague = await floor.seat([(await floor.line()).queue], {}, 2);
      await ready(floor, page, (await floor.line()).queue);
      await page.getByRole('button', { name: 'Call', exact: true }).click();
      await page.getByRole('dialog').getByRole('textbox').fill(colleague.agent);
      await page.getByRole('dialog').getByRole('textbox').press('Enter');
      await picksUp(colleague);
      await colleague.rtp.hears([agentHz]);
      await page.getByRole('button', { name: 'Hang up' }).click();
      await until(async () => (await floor.calls()).length === 0, 'the call is over');

      await page.getByRole('button', { name: 'Call', exact: true }).click();
      await page.getByRole('heading', { name: 'Dialled lately' }).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: colleague.agent }).first().click();
      await picksUp(colleague, 2);
      await colleague.rtp.hears([agentHz]);
      await page.getByRole('button', { name: 'Hang up' }).click();
      await colleague.sipp.done();
      await floor.nothingLeft();
    });

    test('a colleague asks her while she looks at another tab: the system tells her, and she answers', async () => {
      await open();
      await page.addInitScript(`
        globalThis.notes = [];
        globalThis.Notification = class extends Notification {
          constructor(title, options) {
            super(title, options);
            const note = { title, body: options.body, open: true };
            notes.push(note);
            this.addEventListener('close', () => { note.open = false; });
          }
        };
        Object.defineProperty(document, 'hidden', { get: () => true });
      `);
      await ready(floor, page, (await floor.line()).queue);
      const line = await floor.line();
      const colleague = await floor.seat([line.queue], { name: 'Bo' });
      const caller = await floor.caller(line.number);
      await floor.answers(colleague, caller.interaction);
      const contact = `/agents/${colleague.agent}/contacts/${caller.interaction}`;
      await floor.ask('POST', `${contact}/consult`, { agent: '1001' });
      const ringing = page.getByRole('region', { name: 'Calls that ring' });
      await ringing.getByText(/asks you about/).waitFor();
      const notes = () => page.evaluate<{ title: string; body: string; open: boolean }[]>('notes');
      await expect.poll(notes).toMatchObject([{ title: 'Incoming call', open: true }]);
      await ringing.getByRole('button', { name: 'Answer' }).click();
      colleague.rtp.speak(500);
      await colleague.rtp.hears([agentHz]);
      await expect.poll(notes).toMatchObject([{ open: false }]);
      await floor.ask('POST', `${contact}/retract`);
      await ringing.waitFor({ state: 'detached' });
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), colleague.sipp.done()]);
      await floor.nothingLeft();
    });
  },
);
