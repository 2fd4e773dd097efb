import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectorKinds } from '../../../sidecar/channels/index.ts';
import { readChannels } from '../../../sidecar/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-channels-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(content: unknown, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'sidecar.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readChannels(file, connectorKinds, env);
}

const app = (settings: unknown) => ({ channels: { app: { kind: 'webhook', settings } } });

test('without a file there are no channels', () => {
  expect(readChannels(join(folder, 'none.json'), connectorKinds)).toEqual([]);
});

test('secrets come from files beside it and from the environment; what is disabled is left out', () => {
  writeFileSync(join(folder, 'app.secret'), 'a secret of the app\n');
  const [one] = read(app({ secret: { file: 'app.secret' } }));
  expect(one).toMatchObject({ name: 'app', settings: { secret: 'a secret of the app', channel: 'chat' } });
  const [two] = read(app({ secret: { env: 'APP' } }), { APP: 'another secret of it' });
  expect(two?.settings).toMatchObject({ secret: 'another secret of it' });
  expect(read({ channels: { app: { kind: 'nothing', disabled: true } } })).toEqual([]);
});

test.each([
  ['no JSON', '{', /cannot be read/],
  [
    'an unknown kind',
    { channels: { app: { kind: 'fax' } } },
    /channel app: kind: there is no kind "fax"; known are .*webchat/,
  ],
  ['a secret in the file', app({ secret: 'a secret of the app' }), /channel app: settings\.secret: must be \{ "file"/],
  ['a secret that is nowhere', app({ secret: { env: 'APP' } }), /channel app: settings: .*APP/],
  ['a field that nobody knows', app({ secret: { env: 'KEY' }, colour: 1 }), /channel app: .*colour/],
  ['a short secret', app({ secret: { env: 'SHORT' } }), /channel app: settings\.secret: must have at least 16/],
  ['a name that is none', { channels: { 'My App': { kind: 'webhook' } } }, /small letters/],
  ['a word at the wrong place', { channels: {}, colour: 1 }, /colour/],
])('%s: says where and why', (_, content, wanted) => {
  const env = { KEY: 'a secret of the app', SHORT: 'short' };
  expect(() => read(content, env)).toThrow(wanted);
  expect(() => read(content, env)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('sidecar.json') }),
  );
});
