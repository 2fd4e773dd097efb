// A headset's buttons and lights, by reports of a device made after the USB HID usage tables (pages 0x08 and 0x0B).
import { expect, test } from 'vitest';
import { Headset, type HeadsetKeys } from '../../../web/src/phone/headset.ts';
import { hookCommand } from '../../../web/src/phone/hook-key.ts';
import type { PanelState } from '../../../web/src/state/state.ts';

const hook = 0x000b0020;
const mute = 0x000b002f;
const [offHook, muted, ring] = [0x00080017, 0x00080009, 0x00080018];
const bit = (usage: number) => ({ usages: [usage], reportSize: 1, reportCount: 1 });
const padding = (bits: number) => ({ usages: [], reportSize: bits, reportCount: 1 });

/** Report 1 comes in: three bits of something else, hook, mute. Report 2 goes out: ring; report 3: in a call, muted. */
function device(more: Partial<HIDCollectionInfo> = {}) {
  const sent: [number, number[]][] = [];
  const made = {
    opened: false,
    productName: 'Test headset',
    oninputreport: null as ((event: { reportId: number; data: DataView }) => void) | null,
    collections: [
      {
        usagePage: 0x0b,
        inputReports: [{ reportId: 1, items: [padding(3), bit(hook), bit(mute), padding(11)] }],
        outputReports: [
          { reportId: 2, items: [bit(ring), padding(7)] },
          { reportId: 3, items: [padding(8), bit(offHook), bit(muted), padding(6)] },
        ],
        ...more,
      },
    ],
    open: async () => {
      made.opened = true;
    },
    close: async () => {
      made.opened = false;
    },
    sendReport: async (report: number, data: Uint8Array) => void sent.push([report, [...data]]),
  };
  const says = (...bytes: number[]) =>
    made.oninputreport?.({ reportId: 1, data: new DataView(Uint8Array.from(bytes).buffer) });
  return { made, sent, says, hid: made as unknown as HIDDevice };
}

function keys(): HeadsetKeys & { pressed: string[] } {
  const pressed: string[] = [];
  return { pressed, hook: (lifted) => pressed.push(lifted ? 'lifted' : 'put down'), mute: () => pressed.push('mute') };
}

test('hook and mute are read where the report descriptor puts them, once per press', async () => {
  const { hid, says, made } = device();
  const heard = keys();
  const headset = await Headset.open(hid, heard);
  expect([headset.name, made.opened]).toEqual(['Test headset', true]);
  says(0b0000_1000, 0);
  says(0b0000_1000, 0);
  says(0b0001_1000, 0);
  says(0b0000_1000, 0);
  says(0b0000_0111, 0);
  expect(heard.pressed).toEqual(['lifted', 'mute', 'put down']);
  // Another report, or a short one, says nothing about them.
  made.oninputreport?.({ reportId: 9, data: new DataView(Uint8Array.from([0b0001_1000]).buffer) });
  made.oninputreport?.({ reportId: 1, data: new DataView(new ArrayBuffer(0)) });
  expect(heard.pressed).toHaveLength(3);
  headset.close();
  expect([made.oninputreport, made.opened]).toEqual([null, false]);
});

test('its lights show what is, and a call that the page took is put down by the hook', async () => {
  const { hid, says, sent } = device();
  const heard = keys();
  const headset = await Headset.open(hid, heard);
  await headset.show({ ringing: true, inCall: false, muted: false });
  expect(sent.splice(0)).toEqual(
    expect.arrayContaining([
      [2, [1]],
      [3, [0, 0]],
    ]),
  );
  await headset.show({ ringing: false, inCall: true, muted: true });
  expect(sent.splice(0)).toEqual(
    expect.arrayContaining([
      [2, [0]],
      [3, [0, 0b11]],
    ]),
  );
  says(0, 0);
  expect(heard.pressed).toEqual(['put down']);
});

test('a headset that has usages as a range, and no lights', async () => {
  const range = {
    isRange: true,
    usageMinimum: mute - 1,
    usageMaximum: mute,
    reportSize: 1,
    reportCount: 2,
    usages: [],
  };
  const { hid, says, sent } = device({
    inputReports: [{ reportId: 1, items: [range, padding(6)] }],
    outputReports: [],
  } as Partial<HIDCollectionInfo>);
  const heard = keys();
  const headset = await Headset.open(hid, heard);
  says(0b10);
  expect(heard.pressed).toEqual(['mute']);
  await headset.show({ ringing: true, inCall: true, muted: true });
  expect(sent).toEqual([]);
});

test('the hook key takes the call, whatever else is offered, and puts the receiver down', () => {
  const pop = (offer: string, channel: string, outcome?: string) => ({
    [offer]: { offer: { id: offer }, content: { channel }, outcome },
  });
  const line = (id: string, state: string) => ({ line: id, state });
  const next = (lifted: boolean, lines: object[], pops: object = {}) =>
    hookCommand(lifted, { phone: { lines }, pops } as unknown as PanelState);
  const chat = pop('off_chat', 'chat');
  const call = pop('off_call', 'voice');

  expect(next(true, [], chat)).toBeUndefined();
  expect(next(true, [line('a', 'up')], chat)).toBeUndefined();
  expect(next(true, [], { ...chat, ...call })).toEqual({ do: 'answer', with: { offer: 'off_call' } });
  expect(next(true, [], pop('off_call', 'voice', 'accepted'))).toBeUndefined();
  // The line of the offer, or a colleague who rings besides a chat.
  const ringing = [line('a', 'up'), line('b', 'ringing')];
  expect(next(true, ringing, { ...chat, ...call })).toEqual({ do: 'phone-answer', with: { line: 'b' } });
  expect(next(true, ringing, chat)).toEqual({ do: 'phone-answer', with: { line: 'b' } });
  expect(next(false, ringing, { ...chat, ...call })).toEqual({ do: 'phone-hangup', with: { line: 'a' } });
  expect(next(false, [line('b', 'ringing')])).toBeUndefined();
  // Where her phone is another, her offers can be taken all the same.
  expect(hookCommand(true, { pops: call } as unknown as PanelState)).toEqual({
    do: 'answer',
    with: { offer: 'off_call' },
  });
});
