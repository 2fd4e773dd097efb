// What the pages of these channels show can be copied: each example is read as the sidecar would read it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectorKinds } from '../../../../sidecar/channels/index.ts';
import { readChannels } from '../../../../sidecar/channels-file.ts';
import type { SendPolicy } from '../../../../sidecar/connector.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-channels-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secrets: Record<string, string> = {
  secret: 'a secret of the provider',
  token: 'callbacktoken',
  aeskey: 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR',
};

function example(kind: string, change: (text: string) => string = (text) => text) {
  const page = readFileSync(new URL(`../../../../docs/channels/${kind}.md`, import.meta.url), 'utf8');
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const file = join(folder, 'sidecar.json');
  writeFileSync(file, change(json));
  for (const [name, text] of Object.entries(secrets))
    writeFileSync(join(folder, `${kind}.${name}`), `${text}\n`, { mode: 0o600 });
  return readChannels(file, connectorKinds, {});
}

test.each([
  ['wechat', { message: { forMs: 172_800_000, most: 5 }, payment: { forMs: 172_800_000, most: undefined } }],
  ['wecom', { message: { forMs: 172_800_000, most: 5 }, enter: { forMs: 20_000, most: 1 } }],
  ['weibo', { mention: { forMs: 172_800_000, most: 1 } }],
  ['qq', { c2c: { forMs: 3_600_000, most: 5 }, group: { forMs: 300_000, most: 5 } }],
])('the example of docs/channels/%s.md is a channel, with the windows of its table', (kind, windows) => {
  const [channel, ...others] = example(kind);
  expect(others).toEqual([]);
  expect(channel?.kind.kind).toBe(kind);
  const policy = channel?.kind.policy as (settings: unknown) => SendPolicy;
  expect(policy(channel?.settings).windows).toMatchObject(windows);
});

test('a window of the provider is set otherwise; a secret in the file, a wrong key and plain http are refused by name', () => {
  const [channel] = example('wechat', (text) =>
    text.replace('"appId"', '"windows": { "message": { "seconds": 60 } }, "appId"'),
  );
  const policy = channel?.kind.policy as (settings: unknown) => SendPolicy;
  expect(policy(channel?.settings).windows).toMatchObject({
    message: { forMs: 60_000, most: undefined },
    menu: { most: 3 },
  });
  expect(() => example('wechat', (text) => text.replace('{ "file": "wechat.secret" }', '"in the file"'))).toThrow(
    /bank-wechat: settings\.appSecret: must be \{ "file"/,
  );
  expect(() => example('wecom', (text) => text.replace('wecom.aeskey', 'wecom.token'))).toThrow(
    /settings\.encodingAesKey: must be 43/,
  );
  expect(() => example('qq', (text) => text.replace('"appId"', '"api": "http://evil.example", "appId"'))).toThrow(
    /settings\.api: must be https/,
  );
  expect(() => example('weibo', (text) => text.replace('"operatorIp"', '"operatorIP"'))).toThrow(
    /bank-weibo: settings/,
  );
});

test('in safe mode the key is asked for', () => {
  expect(() => example('wechat', (text) => text.replace(/"encodingAesKey": .*\n/, ''))).toThrow(
    /settings\.encodingAesKey: is needed unless the mode is plain/,
  );
});
