// A panel's audio for tests: a page in Debian's Chromium with nothing but RTCPeerConnection, which speaks tones (an
// oscillator for a microphone) and hears by frequency.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, vi } from 'vitest';

const executablePath = process.env.SWITCHROOM_CHROMIUM ?? '/usr/bin/chromium';

/** Undefined where there is no Chromium: what needs it is left out then, by name. */
export const hasChromium = existsSync(executablePath);

export function openAudioBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      // A machine with nothing but `lo` has no other way.
      '--allow-loopback-in-peer-connection',
    ],
  });
}

/** page.js, as seen from here. */
interface PagePhone {
  offer(direction: 'sendrecv' | 'recvonly', configuration: Configuration): Promise<string>;
  again(iceRestart: boolean): Promise<string>;
  answered(sdp: string): Promise<void>;
  speak(hz: number): void;
  listen(hz: number[]): { shares: number[]; peak: number };
  path(): Promise<string | undefined>;
  state(): string;
  hangUp(): Promise<void>;
}

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export interface Configuration {
  iceServers?: IceServer[];
  iceTransportPolicy?: 'relay';
}

export class BrowserPhone {
  readonly page: Page;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  /** @param url of the page, for those whom its origin matters to */
  static async open(browser: Browser, url?: string): Promise<BrowserPhone> {
    const context = await browser.newContext();
    const page = await context.newPage();
    if (url !== undefined) await page.goto(url);
    await page.addScriptTag({ path: join(import.meta.dirname, 'page.js') });
    return new BrowserPhone(context, page);
  }

  /** A new peer connection, as after a load of the page. @returns its offer */
  offer(direction: 'sendrecv' | 'recvonly' = 'sendrecv', configuration: Configuration = {}): Promise<string> {
    return this.#ask('offer', direction, configuration);
  }

  /** Another offer of the same peer connection. */
  again(iceRestart: boolean): Promise<string> {
    return this.#ask('again', iceRestart);
  }

  answered(sdp: string): Promise<void> {
    return this.#ask('answered', sdp);
  }

  /** Speaks a tone from now on; 0 = silence. */
  speak(hz: number): Promise<void> {
    return this.#ask('speak', hz);
  }

  /** What the last 170 ms hold: which part of their power lies at each frequency, and their loudest sample, 0 to 1. */
  listen(hz: number[]): Promise<{ shares: number[]; peak: number }> {
    return this.#ask('listen', hz);
  }

  /** Waits until all of these tones, and none of those, make up what it hears. */
  async hears(hz: number[], not: number[] = [], timeout = 8_000): Promise<void> {
    await vi.waitFor(
      async () => {
        const { shares } = await this.listen([...hz, ...not]);
        for (const [at, tone] of hz.entries()) expect(shares[at], `${tone} Hz`).toBeGreaterThan(0.6 / hz.length);
        for (const [at, tone] of not.entries()) expect(shares[hz.length + at], `no ${tone} Hz`).toBeLessThan(0.05);
      },
      { timeout, interval: 50 },
    );
  }

  async hearsNothing(): Promise<void> {
    await vi.waitFor(async () => expect((await this.listen([])).peak).toBeLessThan(0.01), {
      timeout: 8_000,
      interval: 50,
    });
  }

  /** `relay` where its packets go over a TURN server. */
  path(): Promise<string | undefined> {
    return this.#ask('path');
  }

  state(): Promise<string> {
    return this.#ask('state');
  }

  /** Closes the peer connection as a page does that is left. */
  hangUp(): Promise<void> {
    return this.#ask('hangUp');
  }

  /** Its process is gone from one moment to the next. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    const left = this.page.goto('chrome://crash').catch((error: Error) => error);
    await crashed;
    await left;
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  #ask<Name extends keyof PagePhone>(
    name: Name,
    ...given: Parameters<PagePhone[Name]>
  ): Promise<Awaited<ReturnType<PagePhone[Name]>>> {
    return this.page.evaluate(
      ([asked, args]) => {
        const { phone } = globalThis as unknown as { phone: Record<string, (...args: unknown[]) => never> };
        return phone[asked]?.(...args) as Awaited<ReturnType<PagePhone[Name]>>;
      },
      [name, given] as [Name, Parameters<PagePhone[Name]>],
    ) as Promise<Awaited<ReturnType<PagePhone[Name]>>>;
  }
}
