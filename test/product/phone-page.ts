// The page with its softphone in Chromium, whose microphone is a tone from a file, and an agent who talks in it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Caller, Floor } from './floor.ts';
import { toneWav } from './tone-wav.ts';

export interface PhoneBrowser {
  browser: Browser;
  close(): Promise<void>;
}

/** @param hz what its microphone hears */
export async function openPhoneBrowser(hz: number): Promise<PhoneBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-tone-'));
  const tone = join(folder, 'tone.wav');
  writeFileSync(tone, toneWav(hz, 48_000, 2_000));
  const browser = await chromium.launch({
    executablePath: process.env.SWITCHROOM_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${tone}`,
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
    ],
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** 1001 signs in on that page, and her phone is connected. */
export async function signIn(floor: Floor, page: Page): Promise<void> {
  await page.goto(floor.product.web);
  await page.getByLabel('Agent number').fill('1001');
  await page.getByLabel('Password').fill(floor.product.login('1001').password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
}

/** 1001 of that queue alone, with her phone in the panel, signed in and ready. */
export async function ready(floor: Floor, page: Page, queue: string): Promise<void> {
  await floor.ask('PUT', '/agents/1001', { name: 'Ann', phone: { kind: 'panel' }, queues: [queue] });
  await signIn(floor, page);
  await page.getByRole('main').getByRole('button', { name: 'Get ready' }).click();
  await page.getByRole('heading', { name: 'You are ready' }).waitFor();
}

/** Ready, and in a talk with a caller who speaks at 900 Hz. */
export async function talk(floor: Floor, page: Page, hz: number): Promise<Caller> {
  const line = await floor.line();
  await ready(floor, page, line.queue);
  const caller = await floor.caller(line.number);
  caller.rtp.speak(900);
  await page.getByRole('button', { name: 'Answer' }).click();
  await floor.phase(caller.interaction, 'talking');
  await caller.rtp.hears([hz], [900]);
  return caller;
}

export async function hangUp(floor: Floor, page: Page, caller: Caller): Promise<void> {
  await page.getByRole('button', { name: 'Hang up' }).click();
  await caller.sipp.done();
  await floor.nothingLeft();
}
