import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AsteriskHost } from '../../../media/asterisk/host.ts';
import { AsteriskRecording } from '../../../media/asterisk/recording.ts';
import { mediaErrors } from '../../../media/errors.ts';

/** What the manager was told, and what stands in its way. */
let told: string[];
let trouble: Error | undefined;
let recording: AsteriskRecording;

beforeEach(() => {
  told = [];
  trouble = undefined;
  const host = {
    manager: {
      async action({ action, state }: Record<string, string>) {
        if (trouble) throw trouble;
        told.push(state === undefined ? `${action}` : `${action} ${state}`);
        return new Map();
      },
    },
    // 100 ms of two channels.
    storedFile: async () => new Response(new Uint8Array(3_200), { headers: { 'content-length': '3200' } }),
  } as unknown as AsteriskHost;
  const live = Promise.resolve({ channelName: 'PJSIP/1', monitor: 'm1' });
  recording = new AsteriskRecording({ id: 'rec_1', channels: 2, host }, live, pino({ level: 'silent' }));
});

const away = () => mediaErrors['media-unavailable']({ reason: 'the manager does not answer' });

describe('a recording on Asterisk', () => {
  it('stays paused when the caller comes back from a hold, if the agent had paused it', async () => {
    recording.pause();
    recording.aside(true);
    recording.aside(false);
    await recording.stop();
    expect(told).toEqual(['MixMonitorMute 1', 'StopMixMonitor']);
  });

  it('waits while the caller is on hold, and goes on', async () => {
    recording.aside(true);
    await expect.poll(() => told).toEqual(['MixMonitorMute 1']);
    recording.aside(false);
    await recording.stop();
    expect(told).toEqual(['MixMonitorMute 1', 'MixMonitorMute 0', 'StopMixMonitor']);
  });

  it('makes a pause good that did not get through', async () => {
    trouble = away();
    recording.pause();
    await new Promise(setImmediate);
    trouble = undefined;
    recording.restored();
    await expect.poll(() => told).toEqual(['MixMonitorMute 1']);
  });

  it('can be stopped once more when Asterisk is back', async () => {
    trouble = away();
    await expect(recording.stop()).rejects.toMatchObject({ code: 'media-unavailable' });
    trouble = undefined;
    expect(await recording.stop()).toMatchObject({ ms: 100, bytes: 3_244 });
    expect(told).toEqual(['StopMixMonitor']);
  });
});
