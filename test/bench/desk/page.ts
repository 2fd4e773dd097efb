// The agent's page in a real Chromium: when a pop is painted, and what an agent loads.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { round } from '../report.ts';
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

/** Processes of the Chromium that we started. */
export function chromiumPids(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const [, parent] = (readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
      parents.set(Number(name), Number(parent));
    } catch (error) {
      // It has ended since.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const ours = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || ours(parents.get(pid)));
  return [...parents.keys()].filter((pid) => ours(pid) && /chrom/.test(commandOf(pid)));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return '';
  }
}

export interface Painted {
  /** INVITE of the caller → the frame that shows the pop was presented, milliseconds. */
  paints: number[];
  /** INVITE of the caller → INVITE at her phone, milliseconds. */
  rings: number[];
  /** Pops that were presented before her phone was rung, and those after. */
  before: number;
  after: number;
  /** How far the page's clock may have been off ours at most, milliseconds. */
  clockUnsureMs: number;
  /** What the browser loaded for an agent, by file, bytes after gzip. */
  bundle: Record<string, number>;
  failed: number;
}

/**
 * Tells when Chromium presented an offer's caller: the time that its compositor gives for the frame (W3C Element Timing), not when
 * some script ran after it. A card that is still transparent in its frame has no such time.
 */
const watch = `
  let shown = false;
  new PerformanceObserver((list) => {
    for (const { identifier, renderTime } of list.getEntries()) {
      if (identifier.startsWith('off_')) globalThis.offerPainted(renderTime);
    }
  }).observe({ type: 'element' });
  new MutationObserver(() => {
    const there = document.querySelector('.card.offer') !== null;
    if (shown && !there) globalThis.offerGone();
    shown = there;
  }).observe(document, { childList: true, subtree: true });
`;

/** @param onReady called when the page is there and the first call is about to be placed */
export async function paintPops(
  browser: Browser,
  {
    web,
    cookie,
    pops,
    sip,
    number,
    onReady,
  }: { web: string; cookie: string; pops: number; sip: SipEnds; number: string; onReady?: () => void },
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
    const found: Painted = { paints: [], rings: [], before: 0, after: 0, clockUnsureMs: 0, bundle, failed: 0 };
    onReady?.();
    for (let i = 0; i < pops; i++) {
      painted = Promise.withResolvers();
      gone = Promise.withResolvers();
      const known = new Set(sip.rung.keys());
      const clock = await clockOf(page);
      if (clock.unsureMs > found.clockUnsureMs) found.clockUnsureMs = round(clock.unsureMs, 2);
      const { id, at, answered } = sip.call(number, `0137${String(10_000_000 + i)}`);
      const shown = await within(painted.promise, 5000);
      await answered;
      if (shown === undefined) found.failed++;
      else {
        const paintedAt = shown + clock.behindMs;
        found.paints.push(paintedAt - at);
        const rungAt = await rung(sip, known);
        if (rungAt === undefined || rungAt > paintedAt) found.before++;
        else found.after++;
        if (rungAt !== undefined) found.rings.push(rungAt - at);
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

/**
 * The page's clock against ours, from its shortest answer of some: wall clocks and `timeOrigin` of two processes drift.
 * @returns what to add to the page's `performance.now()`, and how far that may be off
 */
async function clockOf(page: Page): Promise<{ behindMs: number; unsureMs: number }> {
  let best = { behindMs: 0, unsureMs: Infinity };
  for (let i = 0; i < 8; i++) {
    const asked = performance.now();
    const theirs = await page.evaluate(() => performance.now());
    const heard = performance.now();
    const unsureMs = (heard - asked) / 2;
    if (unsureMs < best.unsureMs) best = { behindMs: asked + unsureMs - theirs, unsureMs };
  }
  return best;
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
