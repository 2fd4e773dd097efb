// A bridge on an Asterisk that refuses some of what it is asked, and what is swept away there afterwards.
import type { Client } from 'ari-client';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { sweepHost } from '../../../media/asterisk/adoption.ts';
import { AsteriskBridge } from '../../../media/asterisk/bridge.ts';
import type { AsteriskEndpoint } from '../../../media/asterisk/endpoint.ts';
import { type AsteriskHost, helper } from '../../../media/asterisk/host.ts';
import { mediaErrors } from '../../../media/errors.ts';

/** What Asterisk was asked, and what it refuses. */
let asked: string[];
let refuses: (what: string) => boolean;
let standing: { id: string; name: string; channels: string[] }[];
let host: AsteriskHost;
let bridge: AsteriskBridge;

beforeEach(() => {
  asked = [];
  refuses = () => false;
  standing = [];
  const does = (what: string) => async (parameters: Record<string, unknown>) => {
    const line = `${what} ${Object.values(parameters).flat().join(' ')}`;
    asked.push(line);
    if (refuses(line)) throw mediaErrors['media-failed']({ reason: line });
  };
  const client = {
    bridges: {
      createWithId: does('create'),
      addChannel: async ({ bridgeId, channel }: { bridgeId: string; channel: string | string[] }) =>
        does('add')({ bridgeId, channel }),
      destroy: does('destroy'),
      list: async () => standing,
    },
    channels: {
      snoopChannelWithId: async ({ channelId, snoopId }: { channelId: string; snoopId: string }) =>
        does('snoop')({ channelId, snoopId }),
      hangup: does('hangup'),
      get: async () => Promise.reject(mediaErrors['media-unknown']({ reason: 'Channel not found' })),
    },
  };
  const ari = { ask: (work: (client: Client) => Promise<unknown>) => work(client as unknown as Client) };
  host = { name: 'one', up: true, ari, comes: async () => undefined } as unknown as AsteriskHost;
  const endpoint = (id: string) =>
    ({ id, host, channelId: `channel-${id}`, recordings: [], noteSoon() {} }) as unknown as AsteriskEndpoint;
  const endpoints = new Map(['customer', 'agent', 'boss'].map((id) => [id, endpoint(id)]));
  bridge = new AsteriskBridge('brg', 'relay', {
    shelf: undefined as never,
    logger: pino({ level: 'silent' }),
    endpoint: (id) => endpoints.get(id),
    memberOf: new Map(),
    gone() {},
  });
});

test('who was not let in is no member, and is let in when asked again', async () => {
  refuses = (what) => what === 'add brg channel-customer';
  await expect(bridge.add('customer', 'talk')).rejects.toMatchObject({ code: 'media-failed' });
  expect(bridge.members.size).toBe(0);
  refuses = () => false;
  await bridge.add('customer', 'talk');
  expect(bridge.members.get('customer')).toBe('talk');
  expect(asked.filter((what) => what === 'add brg channel-customer')).toHaveLength(2);
});

test('a listener who cannot listen costs those who talk nothing, and leaves no snoop', async () => {
  await bridge.add('boss', 'listen');
  refuses = (what) => what.startsWith('add boss-side');
  await bridge.add('customer', 'talk');
  expect([...bridge.members.keys()]).toEqual(['boss', 'customer']);
  expect(asked.slice(-2)).toEqual(['destroy boss-side', 'hangup boss-snoop']);
  expect(bridge.observes('boss')).toBe(false);
  refuses = () => false;
  await bridge.add('agent', 'talk');
  expect(bridge.observes('boss')).toBe(true);
});

test('a listener who asks for it herself is told that she cannot', async () => {
  await bridge.add('customer', 'talk');
  refuses = (what) => what.startsWith('snoop');
  await expect(bridge.add('boss', 'listen')).rejects.toMatchObject({ code: 'media-failed' });
  expect([...bridge.members.keys()]).toEqual(['customer']);
});

test('what stands on a host for nobody is swept away, and nothing else', async () => {
  standing = [
    { id: 'brg', name: 'relay', channels: [] },
    { id: 'old', name: 'relay', channels: [] },
    { id: 'talking', name: 'absorb', channels: ['channel-x'] },
    { id: 'others', name: 'theirs', channels: [] },
    { id: 'boss-side', name: helper, channels: ['channel-boss', 'boss-snoop'] },
    { id: 'gone-side', name: helper, channels: ['gone-snoop'] },
  ];
  await sweepHost(host, { bridge: (id) => id === 'brg', overhears: (id) => id === 'boss' });
  expect(asked).toEqual(['destroy old', 'destroy gone-side', 'hangup gone-snoop']);
});
