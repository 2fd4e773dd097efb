import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { iceServerAccounts, readSettings, webrtcSchema } from '../../../config/index.ts';

test('phones in panels work without a setting, on ports of their own', () => {
  expect(webrtcSchema.parse({})).toEqual({ engine: 'auto', ports: [30000, 30999], iceServers: [] });
  const { webrtc } = readSettings({ SWITCHROOM_WEBRTC: 'off', SWITCHROOM_WEBRTC_PORTS: '40000-40099' }, tmpdir());
  expect(webrtc).toMatchObject({ engine: 'off', ports: [40000, 40099] });
  expect(() => readSettings({ SWITCHROOM_WEBRTC_PORTS: '40000-40004' }, tmpdir())).toThrow('at least 20 ports');
  expect(() => readSettings({ SWITCHROOM_WEBRTC: 'chrome' }, tmpdir())).toThrow('SWITCHROOM_WEBRTC');
  expect(webrtcSchema.safeParse({ iceServers: [{ urls: ['http://turn.example'] }] }).success).toBe(false);
});

test('secrets of TURN servers come from files and variables, never from the settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webrtc-'));
  const secretFile = join(folder, 'turn.secret');
  writeFileSync(secretFile, 'shared\n');
  const { iceServers } = webrtcSchema.parse({
    iceServers: [
      { urls: ['stun:stun.example'] },
      { urls: ['turn:a.example'], secretFile },
      { urls: ['turn:b.example'], username: 'bank', secretEnv: 'TURN_PASSWORD' },
    ],
  });
  const settings = { ...webrtcSchema.parse({}), iceServers };
  expect(iceServerAccounts(settings, { TURN_PASSWORD: 'secret' })).toEqual([
    { urls: ['stun:stun.example'] },
    { urls: ['turn:a.example'], secret: 'shared' },
    { urls: ['turn:b.example'], username: 'bank', secret: 'secret' },
  ]);
  expect(() => iceServerAccounts(settings, {})).toThrow('webrtc.iceServers[2]');
  rmSync(folder, { recursive: true });
});
