// The events of whole calls, as calls, routing and desk write them.
import * as events from '../../../server/customers/index.ts';
import { type NewEvent, newEvent } from '../../../server/journal/index.ts';

const second = 1_000;

/** In, IVR, queue, missed by 1001, answered by 1002, hold, transfer to vip, answered by 1001, hang-up, wrap-ups. */
export function longCall(id: string, at: number, customer: string, from = '+8613800138000'): NewEvent[] {
  const scope = { interaction: id, team: 'demo' };
  const t = (seconds: number) => at + seconds * second;
  const ada = { ...scope, agent: '1001', queue: 'service' };
  const chen = { ...scope, agent: '1002', queue: 'service' };
  const vip = { ...scope, agent: '1001', queue: 'vip' };
  const started = {
    channel: 'voice' as const,
    direction: 'in' as const,
    callId: `${id}@test`,
    trunk: 'local',
    did: '95500',
    language: 'en',
    from,
    fromDialled: '13800138000',
    to: '95500',
    toDialled: '95500',
  };
  const quality = { codec: 'PCMU', received: 3_000, lost: 3, jitterMs: 1.5, mos: 4.3 };
  return [
    newEvent(events.interactionStarted, at, started, scope),
    newEvent(events.interactionIdentified, at, { by: 'number' }, { ...scope, customer }),
    newEvent(events.interactionFlowEntered, at, { flow: 'bank', version: 'abc', why: 'start' }, scope),
    newEvent(events.interactionStep, t(4), { node: 'menu', type: 'menu', label: 'Cards', value: '2' }, scope),
    newEvent(events.interactionStep, t(9), { node: 'account', type: 'collect', value: '62220011' }, scope),
    newEvent(events.interactionQueued, t(10), { priority: 0 }, { ...scope, queue: 'service' }),
    newEvent(events.interactionOffered, t(12), { offer: 'off_1' }, ada),
    newEvent(events.interactionOfferEnded, t(32), { offer: 'off_1', outcome: 'missed' }, ada),
    newEvent(events.interactionOffered, t(32), { offer: 'off_2' }, chen),
    newEvent(events.interactionOfferEnded, t(35), { offer: 'off_2', outcome: 'accepted' }, chen),
    newEvent(events.interactionAnswered, t(35), { offer: 'off_2', waitMs: 25 * second }, chen),
    newEvent(events.recordingStarted, t(35), { recording: `rec_${id}` }, chen),
    newEvent(events.interactionHeld, t(45), {}, chen),
    newEvent(events.interactionResumed, t(50), {}, chen),
    newEvent(events.interactionTransferred, t(65), { kind: 'queue', to: 'vip' }, chen),
    newEvent(events.interactionTalkEnded, t(65), { why: 'transferred' }, chen),
    newEvent(events.interactionQueued, t(65), { priority: 5 }, { ...scope, queue: 'vip' }),
    newEvent(events.interactionOffered, t(66), { offer: 'off_3' }, vip),
    newEvent(events.interactionOfferEnded, t(70), { offer: 'off_3', outcome: 'accepted' }, vip),
    newEvent(events.interactionAnswered, t(70), { offer: 'off_3' }, vip),
    newEvent(events.interactionWrappedUp, t(75), { ms: 10 * second, how: 'done' }, chen),
    newEvent(events.interactionHeld, t(80), {}, vip),
    newEvent(events.interactionEnded, t(100), { where: 'talk', by: 'customer', sipStatus: 200 }, scope),
    newEvent(events.interactionQuality, t(100), { ...quality, leg: 'leg_1', party: 'customer' }, scope),
    newEvent(
      events.recordingEnded,
      t(100),
      { recording: `rec_${id}`, ms: 65 * second, bytes: 2_080_044, sha256: 'ff' },
      scope,
    ),
    newEvent(events.interactionDisposed, t(110), { disposition: 'solved', note: 'Card sent' }, vip),
    newEvent(events.interactionWrappedUp, t(112), { ms: 12 * second, how: 'done' }, vip),
  ];
}

/** Hangs up in the queue while nobody was free. */
export function abandonedCall(id: string, at: number): NewEvent[] {
  const scope = { interaction: id };
  return [
    newEvent(events.interactionStarted, at, { channel: 'voice', direction: 'in', did: '95500' }, scope),
    newEvent(events.interactionQueued, at + second, { priority: 0 }, { ...scope, queue: 'service' }),
    newEvent(
      events.interactionQueueLeft,
      at + 8 * second,
      { why: 'abandoned', waitMs: 7_000 },
      { ...scope, queue: 'service' },
    ),
    newEvent(events.interactionEnded, at + 8 * second, { where: 'queue', by: 'customer' }, scope),
  ];
}
