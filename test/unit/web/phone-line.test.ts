// What the panel makes of the quality of its line, of devices that are gone, and of lines that ring.
import { expect, test } from 'vitest';
import { gradeOf, lineQuality } from '../../../web/src/phone/line-quality.ts';
import { outputThatIs } from '../../../web/src/phone/outputs.ts';
import { ringingLines } from '../../../web/src/state/ringing.ts';
import type { PanelState } from '../../../web/src/state/state.ts';

const stream = (mos: number) => ({ packets: 500, lost: 0, mos });

test('4.0 is good, 3.6 will do (ITU-T G.107 Annex B); the worse direction counts', () => {
  expect([4.4, 4, 3.99, 3.6, 3.59, 1].map((mos) => gradeOf(stream(mos)))).toEqual([
    'good',
    'good',
    'fair',
    'fair',
    'bad',
    'bad',
  ]);
  const line = (up: number, down?: number) =>
    lineQuality({ codec: 'PCMA', up: stream(up), ...(down === undefined ? {} : { down: stream(down) }) });
  expect([line(4.4), line(4.4, 3.7), line(2, 4.4), line(4.2, 4.4)]).toEqual(['good', 'fair', 'bad', 'good']);
});

test('a loudspeaker is used while it is there; where the browser names none, it is tried', () => {
  const device = (kind: string, deviceId: string) => ({ kind, deviceId }) as MediaDeviceInfo;
  const there = [device('audioinput', 'mic'), device('audiooutput', 'default'), device('audiooutput', 'desk')];
  expect(outputThatIs('desk', there)).toBe('desk');
  expect(outputThatIs('mic', there)).toBeUndefined();
  expect(outputThatIs(undefined, there)).toBeUndefined();
  // Before she allowed a microphone.
  expect(outputThatIs('desk', [device('audiooutput', '')])).toBe('desk');
  expect(outputThatIs('desk', [])).toBe('desk');
});

test('a line rings besides her offers; once an offer is over, its line is one of these', () => {
  const line = (id: string, state: string, interaction?: string) => ({ line: id, state, interaction });
  const lines = [line('a', 'ringing', 'int_1'), line('b', 'ringing'), line('c', 'up'), line('d', 'ringing', 'int_2')];
  const ids = (outcome?: string) =>
    ringingLines({
      phone: { lines },
      pops: { off_1: { content: { interaction: 'int_1' }, outcome } },
    } as unknown as PanelState).map((one) => one.line);
  expect(ids()).toEqual(['b', 'd']);
  expect(ids('accepted')).toEqual(['a', 'b', 'd']);
  expect(ringingLines({ phone: undefined, pops: {} })).toEqual([]);
});
