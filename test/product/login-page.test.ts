// Logging in, in a real browser on the whole product: a role that needs a second factor sets it up by the QR code's key,
// logs in with codes computed here, makes new recovery codes, and changes her password. The ways and the words of single sign-on too.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oneTimeCode } from '../../server/directory/totp.ts';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

let product: Product;
let browser: Browser;
let problems: string[];

describe.skipIf(!hasChromium)('the login page on the whole product (needs Chromium)', () => {
  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'switchroom-login-')), 'switchroom.json');
    writeFileSync(file, JSON.stringify({ login: { totpRequiredFor: ['supervisor'] } }));
    product = await Product.start({ env: { SWITCHROOM_CONFIG: file } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  test('set up, log in with a code and with a recovery code, new ones, another password', {
    timeout: 90_000,
  }, async () => {
    const { password } = product.login('supervisor');
    const page = await opened();
    await logIn(page, 'supervisor', 'not the password');
    await page.getByText('The agent number or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();

    // The picture is painted, which the policy of the page must allow.
    const qr = page.getByAltText('QR code for the authenticator app');
    await qr.waitFor();
    await expect
      .poll(() => qr.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
      .toBeGreaterThan(0);
    await page.getByText('Cannot scan?', { exact: false }).click();
    const secret = unbase32(await page.locator('code.key').innerText());
    await page.getByLabel('Code of your').fill('000000');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    const codes = codesOf(secret);
    await page.getByLabel('Code of your').fill(codes.next());
    await picture(page, '60-login-enrol');
    await page.getByRole('button', { name: 'Confirm' }).click();
    const recovery = await recoveryCodes(page);
    expect(recovery).toHaveLength(10);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('recovery-codes.txt');
    await picture(page, '61-login-recovery');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await floor(page).waitFor();

    await signOut(page);
    await logIn(page, 'supervisor', password);
    await page.getByLabel('Code of your').fill('000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The code is wrong or was used already.', { exact: false }).waitFor();
    await page.getByLabel('Code of your').fill(recovery[0] ?? '');
    await page.getByRole('button', { name: 'Continue' }).click();
    await floor(page).waitFor();

    await page.locator('button.user').click();
    await page.getByRole('menuitem', { name: 'Account and security' }).click();
    const factor = page.getByRole('region', { name: 'Second factor' });
    await factor.getByText('9 recovery codes are left', { exact: false }).waitFor();
    // Her role needs it: there is nothing to turn it off with.
    expect(await factor.getByRole('button', { name: 'Turn it off' }).count()).toBe(0);
    await factor.getByRole('button', { name: 'New recovery codes' }).click();
    const proof = page.getByRole('form', { name: 'New recovery codes' });
    await proof.getByLabel('Password').fill(password);
    await proof.getByLabel('Code of your').fill(codes.next());
    await picture(page, '62-account');
    await proof.getByRole('button', { name: 'New recovery codes' }).click();
    const [renewed = '', last = ''] = await recoveryCodes(page);
    expect(recovery).not.toContain(renewed);
    await page.getByRole('button', { name: 'I have kept them' }).click();

    const change = page.getByRole('form', { name: 'Change the password' });
    const next = 'river-lantern-41-quiet';
    await change.getByLabel('Present password').fill(password);
    await change.getByLabel('New password', { exact: true }).fill(next);
    await change.getByLabel('New password once more').fill(next);
    await change.getByLabel('Code of your').fill(renewed);
    await change.getByRole('button', { name: 'Change the password' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await logIn(page, 'supervisor', next);
    await page.getByLabel('Code of your').fill(last);
    await page.getByRole('button', { name: 'Continue' }).click();
    await floor(page).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  test('single sign-on that failed is said once; a lock-out says for how long', { timeout: 60_000 }, async () => {
    const page = await opened('/?login=login-not-permitted');
    await page.getByText('You are in none of the groups', { exact: false }).waitFor();
    for (let attempt = 0; attempt < 6; attempt++) {
      await logIn(page, '1002', `wrong ${attempt}`);
      await page
        .getByRole('button', { name: 'Sign in', disabled: false })
        .or(page.getByText('Try again in'))
        .first()
        .waitFor();
    }
    await page.getByText(/Too many failed attempts\. Try again in \d+:\d\d/).waitFor();
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true);
    await page.close();
  });
});

async function opened(path = '/'): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${product.web}${path}`);
  return page;
}

async function logIn(page: Page, login: string, password: string): Promise<void> {
  const answer = page.waitForResponse((one) => one.url().endsWith('/session') && one.request().method() === 'POST');
  await page.getByLabel('Agent number').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await answer;
}

async function signOut(page: Page): Promise<void> {
  await page.locator('button.user').click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
}

const floor = (page: Page) => page.getByRole('navigation', { name: 'Pages of the floor' });

async function recoveryCodes(page: Page): Promise<string[]> {
  const list = page.getByRole('region', { name: 'Recovery codes' }).getByRole('listitem');
  await list.first().waitFor();
  return list.allInnerTexts();
}

/** Codes of an app: each counts once, and one of the next half minute is taken too. */
function codesOf(secret: Buffer): { next: () => string } {
  let last = Math.floor(Date.now() / 30_000) - 2;
  return {
    next: () => {
      last = Math.max(last + 1, Math.floor(Date.now() / 30_000) - 1);
      return oneTimeCode(secret, last);
    },
  };
}

function unbase32(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text.replace(/\s/g, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
