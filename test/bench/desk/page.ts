// The agent's page in a real Chromium: when a pop is painted, and what an agent loads.
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import type { SipEnds } from './sip-ends.ts';

const executablePath = process.env.SWITCHROOM_CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = existsSync(executablePath);

export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--use-fake-ui-for-media-stream'],
      ...['--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
      '--allow-loopback-in-peer-connection',
    ],
  });
}

export interface Painted {
  /** INVITE of the caller → the frame that shows the pop was painted, milliseconds. */
  paints: number[];
  /** Pops that were painted before her phone was rung, and those after. */
  before: number;
  after: number;
  /** What the browser loaded for an agent, by file, bytes after gzip. */
  bundle: Record<string, number>;
  failed: number;
}

/** Tells when an offer was painted: the frame after the one that changed the page has begun, so that one is out. */
const watch = `
  let shown = false;
  new MutationObserver(() => {
    const there = document.querySelector('.card.offer') !== null;
    if (there === shown) return;
    shown = there;
    if (!there) return void globalThis.offerGone();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => void globalThis.offerPainted(performance.timeOrigin + performance.now());
      port2.postMessage(0);
    });
  }).observe(document, { childList: true, subtree: true });
`;

/** @param place dials the line of the page from a number of its own */
export async function paintPops(
  browser: Browser,
  { web, cookie, pops, sip, number }: { web: string; cookie: string; pops: number; sip: SipEnds; number: string },
): Promise<Painted> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: web }]);
  const page = await context.newPage();
  const bundle: Record<string, number> = {};
  const bodies: Promise<void>[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!/^\/($|assets\/)/.test(pathname) || response.status() !== 200) return;
    bodies.push(
      response.body().then((body) => {
        bundle[pathname] = gzipSync(body).length;
      }),
    );
  });
  let painted = Promise.withResolvers<number>();
  let gone = Promise.withResolvers<void>();
  await page.exposeFunction('offerPainted', (at: number) => painted.resolve(at));
  await page.exposeFunction('offerGone', () => gone.resolve());
  await page.addInitScript(watch);
  try {
    await page.goto(web);
    await page.locator('.header').waitFor();
    await page.keyboard.press('F9');
    await page.locator('.dot[data-presence=ready]').first().waitFor();
    const found: Painted = { paints: [], before: 0, after: 0, bundle, failed: 0 };
    for (let i = 0; i < pops; i++) {
      painted = Promise.withResolvers();
      gone = Promise.withResolvers();
      const known = new Set(sip.rung.keys());
      const { id, at, answered } = sip.call(number, `0137${String(10_000_000 + i)}`);
      const shown = await within(painted.promise, 5000);
      await answered;
      if (shown === undefined) found.failed++;
      else {
        found.paints.push(shown - performance.timeOrigin - at);
        const rungAt = await rung(sip, known);
        if (rungAt === undefined || rungAt > shown - performance.timeOrigin) found.before++;
        else found.after++;
      }
      await sip.hangUp(id);
      if (shown !== undefined) await within(gone.promise, 5000);
    }
    await Promise.all(bodies);
    return found;
  } finally {
    await context.close();
  }
}

/** When the phone of the call in hand was rung; undefined where it was not within a second. */
async function rung(sip: SipEnds, known: Set<string>): Promise<number | undefined> {
  const until = performance.now() + 1000;
  for (;;) {
    for (const [interaction, at] of sip.rung) if (!known.has(interaction)) return at;
    if (performance.now() > until) return undefined;
    await new Promise((done) => setTimeout(done, 2));
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
