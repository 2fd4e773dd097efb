// One Asterisk host as the driver hears of it: whether it is up, however its connection comes and goes.
import { pino } from 'pino';
import { beforeEach, expect, test, vi } from 'vitest';
import type { AriEvents } from '../../../media/asterisk/ari.ts';
import { AsteriskHost } from '../../../media/asterisk/host.ts';

/** What stands for the connection: its events, and when it says how long it has been running. */
const connection = vi.hoisted(() => ({
  events: undefined as AriEvents | undefined,
  up: false,
  answers: [] as ((time: string) => void)[],
}));
vi.mock('../../../media/asterisk/ari.ts', () => ({
  basic: () => '',
  Ari: class {
    constructor(_address: unknown, events: AriEvents) {
      connection.events = events;
    }
    get up(): boolean {
      return connection.up;
    }
    ask(): Promise<{ status: { startup_time: string } }> {
      return new Promise((resolve) => {
        connection.answers.push((time) => resolve({ status: { startup_time: time } }));
      });
    }
  },
}));

let told: string[];
let host: AsteriskHost;
beforeEach(() => {
  told = [];
  connection.answers = [];
  const options = { name: 'one', url: 'http://127.0.0.1:1', user: 'u', secret: 's', sip: '127.0.0.1:2', weight: 1 };
  const nothing = { entered() {}, left() {}, digit() {}, playbackEnded() {}, bridgeGone() {}, refused() {} };
  const events = { ...nothing, up: () => told.push('up'), down: () => told.push('down') };
  host = new AsteriskHost(options, events, pino({ level: 'silent' }));
});

function connect(up: boolean): void {
  connection.up = up;
  if (up) connection.events?.up();
  else connection.events?.down();
}

async function answer(): Promise<void> {
  connection.answers.shift()?.('noon');
  await vi.waitFor(() => expect(host.up).toBe(true));
}

test('a connection that breaks again before it was of use is told once as lost, and once as back', async () => {
  connect(true);
  await answer();
  connect(false);
  // Back, and away again before it has said when it started.
  connect(true);
  connect(false);
  expect(told).toEqual(['up', 'down']);
  connection.answers = [];
  connect(true);
  await answer();
  expect(told).toEqual(['up', 'down', 'up']);
});
