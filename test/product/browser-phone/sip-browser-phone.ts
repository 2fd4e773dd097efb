// A SIP phone in a page of Debian's Chromium: SIP.js over WebSocket, WebRTC for its audio.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { BrowserPhone } from '../../contract/webrtc/browser-phone.ts';
import { until } from '../until.ts';

/** sip-js-page.js, as seen from here. */
interface PageSip {
  register(account: { server: string; user: string; secret: string }): Promise<void>;
  answer(): Promise<void>;
  decline(): Promise<void>;
  call(number: string): Promise<void>;
  cancel(): Promise<void>;
  hold(on: boolean): Promise<string | undefined>;
  tones(digits: string): boolean;
  info(digit: string): Promise<void>;
  hangUp(): Promise<void>;
  leave(): Promise<void>;
}

type State = 'none' | 'Initial' | 'Establishing' | 'Established' | 'Terminating' | 'Terminated';

let bundled: Promise<string> | undefined;

export class SipBrowserPhone {
  readonly audio: BrowserPhone;

  private constructor(audio: BrowserPhone) {
    this.audio = audio;
  }

  /** @param page of the same host as the server, so that it is let in @param account.server `ws://127.0.0.1:5066` */
  static async open(
    browser: Browser,
    page: string,
    account: { server: string; user: string; secret: string },
  ): Promise<SipBrowserPhone> {
    bundled ??= bundle();
    const audio = await BrowserPhone.open(browser, page);
    await audio.page.addScriptTag({ content: await bundled });
    const phone = new SipBrowserPhone(audio);
    await phone.do('register', account);
    return phone;
  }

  do<Name extends keyof PageSip>(
    name: Name,
    ...given: Parameters<PageSip[Name]>
  ): Promise<Awaited<ReturnType<PageSip[Name]>>> {
    return this.audio.page.evaluate(
      ([asked, args]) => {
        const { sip } = (globalThis as unknown as { phone: { sip: Record<string, (...args: unknown[]) => never> } })
          .phone;
        return sip[asked]?.(...args) as Awaited<ReturnType<PageSip[Name]>>;
      },
      [name, given] as [Name, Parameters<PageSip[Name]>],
    ) as Promise<Awaited<ReturnType<PageSip[Name]>>>;
  }

  seen(): Promise<{ state: State; from: string | undefined; status: number | undefined }> {
    return this.audio.page.evaluate(() => {
      const { state, from, status } = (
        globalThis as unknown as {
          phone: { sip: { state: State; from: string | undefined; status: number | undefined } };
        }
      ).phone.sip;
      return { state, from, status };
    });
  }

  async is(state: State): Promise<void> {
    let seen: State | undefined;
    await until(
      async () => {
        seen = (await this.seen()).state;
        return seen === state;
      },
      () => `its call is ${state}; it is ${seen}`,
    );
  }

  close(): Promise<void> {
    return this.audio.close();
  }
}

/** A page of nothing; a browser asks before one that nobody serves reaches this machine's own addresses. */
export async function servePage(): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>phone</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** SIP.js is made of many files; a page takes one. */
async function bundle(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      lib: { entry: `${import.meta.dirname}/sip-js-page.js`, formats: ['iife'], name: 'page' },
    },
  });
  const [first] = Array.isArray(made) ? made : [made];
  const [chunk] = first && 'output' in first ? first.output : [];
  if (chunk?.type !== 'chunk') throw new Error('the page’s script was not made');
  return chunk.code;
}
