// The steps of a random life, and how it is brought to its end.
import fc from 'fast-check';
import { vi } from 'vitest';
import type { Offer } from '../../../../values/index.ts';
import { sdp } from './fake-edge.ts';
import type { World } from './world.ts';

const kinds = {
  talks: 14,
  rings: 5,
  dialDid: 5,
  dialNumber: 2,
  dialColleague: 2,
  dialQueue: 1,
  dialBadOffer: 1,
  cancel: 2,
  hangUp: 5,
  offer: 8,
  miss: 1,
  withdraw: 1,
  exit: 1,
  ring: 3,
  early: 2,
  answer: 9,
  decline: 2,
  failed: 1,
  panelAnswer: 1,
  hold: 4,
  resume: 3,
  toQueue: 3,
  toAgent: 3,
  toNumber: 3,
  detour: 6,
  consultAgent: 5,
  consultNumber: 3,
  consultQueue: 4,
  consulted: 6,
  swap: 5,
  merge: 5,
  complete: 4,
  retract: 2,
  invite: 4,
  dropParty: 2,
  partyGoes: 2,
  leave: 2,
  park: 4,
  unpark: 3,
  slot: 2,
  dialOut: 4,
  monitor: 4,
  unmonitor: 1,
  takeOver: 2,
  agentHangup: 1,
  pause: 1,
  record: 1,
  digit: 8,
  phoneHolds: 1,
  refer: 1,
  attended: 5,
  declineHold: 1,
  ignoreHold: 1,
  crossing: 1,
  lag: 2,
  step: 2,
  fail: 2,
  loseEndpoint: 1,
  cutLink: 1,
  mendLink: 2,
  drop: 1,
  edgeDies: 1,
  restart: 1,
  pass: 6,
} as const;
type Kind = keyof typeof kinds;

export interface Step {
  kind: Kind;
  /** Which call, phone or dialog. */
  pick: number;
  /** Milliseconds until the next step; 0: the same turn of the event loop. */
  wait: number;
}

/** Faults of engines and lines, and whatever else ends many talks before they became interesting. */
const faults: readonly Kind[] = [
  'cancel',
  'declineHold',
  'ignoreHold',
  'crossing',
  'lag',
  'step',
  'fail',
  'loseEndpoint',
  'cutLink',
  'mendLink',
  'drop',
  'edgeDies',
];

function stepOf(isPossible: (kind: Kind) => boolean): fc.Arbitrary<Step> {
  const possible = (Object.entries(kinds) as [Kind, number][]).filter(([kind]) => isPossible(kind));
  return fc.record({
    kind: fc.oneof(...possible.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    pick: fc.nat(1_000),
    wait: fc.constantFrom(0, 1, 1, 50, 50, 6_000),
  });
}

/** A life: one in two has no faults, so that talks grow old enough for all that can happen in them. */
export const lives: fc.Arbitrary<Step[]> = fc.oneof(
  fc.array(
    stepOf(() => true),
    { minLength: 4, maxLength: 40, size: 'max' },
  ),
  fc.array(
    stepOf((kind) => !faults.includes(kind)),
    { minLength: 4, maxLength: 60, size: 'max' },
  ),
);

const info = { 'content-type': 'application/dtmf-relay' };

export interface QueueHand {
  offer(pick: number, agent: string): void;
  abort(pick: number, why: 'missed' | 'withdrawn'): void;
  exit(pick: number): void;
  lastOffer(): Offer | undefined;
}

function nth<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

function other(agent: string): string {
  return agent === '1001' ? '1002' : '1001';
}

export async function act(
  world: World,
  queue: QueueHand,
  restart: () => Promise<void>,
  broken: string[],
  { kind, pick, wait }: Step,
): Promise<void> {
  const { edge, server } = world;
  const { sip, calls } = server;
  const agent = pick % 2 === 0 ? '1001' : '1002';
  const ringing = nth(
    sip.ringing.filter(({ final }) => final === undefined),
    pick,
  );
  const dialog = nth(
    [...edge.dialogs.values()].filter(({ ended }) => ended === undefined).map(({ snapshot }) => snapshot.dialogId),
    pick,
  );
  const talking = nth(
    calls.list().filter((call) => call.agent !== undefined && call.phase !== 'ringing'),
    pick,
  );
  const ask = (work: (who: string, interaction: string) => unknown) => {
    if (talking?.agent !== undefined) world.try(broken, () => work(talking.agent as string, talking.interaction));
  };
  switch (kind) {
    case 'talks':
    case 'rings': {
      // The way into a talk, which single steps would rarely find.
      world.dialDid();
      await vi.advanceTimersByTimeAsync(5);
      const caller = sip.incoming.at(-1)?.dialogId ?? '';
      sip.request(caller, 'INFO', info, `Signal=${pick % 2 ? 1 : 4}\r\nDuration=160\r\n`);
      await vi.advanceTimersByTimeAsync(60);
      queue.offer(pick, agent);
      await vi.advanceTimersByTimeAsync(5);
      if (kind === 'rings') break;
      for (const phone of sip.ringing) phone.respond(200, sdp);
      await vi.advanceTimersByTimeAsync(pick % 4 === 0 ? 0 : 60);
      break;
    }
    case 'dialDid':
      world.dialDid();
      break;
    case 'dialNumber':
      world.dialFromPhone(agent, 'number');
      break;
    case 'dialColleague':
      world.dialFromPhone('1001', 'colleague');
      break;
    case 'dialQueue':
      world.dialFromPhone(agent, 'queue');
      break;
    case 'dialBadOffer':
      world.dialFromPhone(agent, 'number', 'bad');
      break;
    case 'cancel': {
      const waiting = sip.incoming.filter(({ final, cancelled }) => final === undefined && !cancelled);
      const one = nth(waiting, pick);
      if (one) sip.cancel(one);
      break;
    }
    case 'hangUp':
      if (dialog !== undefined) sip.bye(dialog);
      break;
    case 'offer':
      queue.offer(pick, agent);
      break;
    case 'miss':
    case 'withdraw':
      queue.abort(pick, kind === 'miss' ? 'missed' : 'withdrawn');
      break;
    case 'exit':
      queue.exit(pick);
      break;
    case 'ring':
      ringing?.respond(180);
      break;
    case 'early':
      ringing?.respond(183, sdp);
      break;
    case 'answer':
      ringing?.respond(200, sdp);
      break;
    case 'decline':
      ringing?.respond(pick % 3 === 0 ? 603 : 486);
      break;
    case 'failed':
      ringing?.respond(503);
      break;
    case 'panelAnswer': {
      const offer = queue.lastOffer();
      if (offer) world.try(broken, () => calls.answer(offer.agent, offer.id));
      break;
    }
    case 'hold':
      ask((who, interaction) => calls.hold(who, interaction));
      break;
    case 'resume':
      ask((who, interaction) => calls.resume(who, interaction));
      break;
    case 'toQueue':
      ask((who, interaction) => calls.transfer(who, interaction, { queue: 'service' }));
      break;
    case 'toAgent':
      ask((who, interaction) => calls.transfer(who, interaction, { agent: who === '1001' ? '1002' : '1001' }));
      break;
    case 'toNumber':
      ask((who, interaction) => calls.transfer(who, interaction, { number: '02112345678' }));
      break;
    case 'detour':
      ask((who, interaction) => calls.detour(who, interaction, 'pin'));
      break;
    case 'consultAgent':
      ask((who, interaction) => calls.consult(who, interaction, { agent: other(who) }));
      break;
    case 'consultNumber':
      ask((who, interaction) => calls.consult(who, interaction, { number: '02112345678' }));
      break;
    case 'consultQueue':
      ask((who, interaction) => calls.consult(who, interaction, { queue: 'service' }));
      break;
    case 'consulted': {
      // The way into a consultation, which single steps would rarely find.
      const to = pick % 3 === 0 ? { number: '02112345678' } : pick % 3 === 1 ? { agent: '1003' } : { queue: 'service' };
      ask((who, interaction) => calls.consult(who, interaction, to));
      await vi.advanceTimersByTimeAsync(2);
      if ('queue' in to) queue.offer(pick, '1003');
      await vi.advanceTimersByTimeAsync(200);
      for (const phone of sip.ringing) phone.respond(200, sdp);
      await vi.advanceTimersByTimeAsync(pick % 4 === 0 ? 0 : 5);
      break;
    }
    case 'swap':
      ask((who, interaction) => calls.swap(who, interaction));
      break;
    case 'merge':
      ask((who, interaction) => calls.merge(who, interaction));
      break;
    case 'complete':
      ask((who, interaction) => calls.complete(who, interaction));
      break;
    case 'retract':
      ask((who, interaction) => calls.retract(who, interaction));
      break;
    case 'invite': {
      const to = pick % 2 ? { number: '02112345678' } : { agent: '1003' };
      ask((who, interaction) => calls.invite(who, interaction, to));
      break;
    }
    case 'dropParty':
      ask((who, interaction) => {
        const party = nth(talking?.parties ?? [], pick)?.party;
        return party === undefined ? undefined : calls.drop(who, interaction, party);
      });
      break;
    case 'partyGoes': {
      const agentThere = nth(talking?.parties ?? [], pick)?.agent;
      ask((_who, interaction) => (agentThere === undefined ? undefined : calls.hangup(agentThere, interaction)));
      break;
    }
    case 'leave':
      ask((who, interaction) => calls.leave(who, interaction));
      break;
    case 'park':
      ask((who, interaction) => calls.park(who, interaction));
      break;
    case 'unpark':
    case 'slot': {
      const slot = nth(calls.list(), pick)?.park?.slot ?? calls.list().find(({ park }) => park)?.park?.slot;
      if (slot === undefined) break;
      if (kind === 'slot') world.dialFromPhone(agent, 'slot', undefined, slot);
      else world.try(broken, () => calls.unpark(agent, slot));
      break;
    }
    case 'dialOut':
      world.try(broken, () =>
        calls.dial(agent, { to: pick % 3 ? { number: '02112345678' } : { agent: other(agent) } }),
      );
      break;
    case 'monitor':
      ask((_who, interaction) => calls.monitor('9001', interaction, nth(['listen', 'whisper', 'barge'], pick)!));
      break;
    case 'unmonitor':
      ask((_who, interaction) => calls.unmonitor('9001', interaction));
      break;
    case 'takeOver':
      ask((_who, interaction) => calls.takeOver('9001', interaction));
      break;
    case 'agentHangup':
      ask((who, interaction) => calls.hangup(who, interaction));
      break;
    case 'pause':
      ask((who, interaction) => calls.pauseRecording(who, interaction));
      break;
    case 'record':
      ask((who, interaction) => calls.resumeRecording(who, interaction));
      break;
    case 'digit':
      if (dialog !== undefined) {
        const body = `Signal=${1 + (pick % 5)}\r\nDuration=160\r\n`;
        sip.request(dialog, 'INFO', info, body);
      }
      break;
    case 'phoneHolds':
      if (dialog !== undefined) sip.request(dialog, 'INVITE', {}, `${sdp}a=${pick % 2 ? 'sendonly' : 'sendrecv'}\r\n`);
      break;
    case 'refer':
      if (dialog !== undefined) {
        const to = nth(['1002', '02112345678', 'service', '77'], pick);
        sip.request(dialog, 'REFER', { 'refer-to': `<sip:${to}@x>` });
      }
      break;
    case 'attended': {
      // Her phone joins two of its calls.
      const hers = [...sip.dialogs.values()];
      const one = nth(hers, pick);
      const two = nth(hers, pick + 1 + (pick % 5));
      if (!one || !two) break;
      const [local, remote] = two.role === 'uas' ? ['t', 'f'] : ['f', 't'];
      const replaces = `${two.callId};to-tag=${local}-${two.callId};from-tag=${remote}-${two.callId}`;
      sip.request(one.id, 'REFER', { 'refer-to': `<sip:x@y?Replaces=${encodeURIComponent(replaces)}>` });
      break;
    }
    case 'declineHold':
      sip.reinvite = pick % 2 ? 488 : 200;
      break;
    case 'ignoreHold':
      sip.reinvite = pick % 3 ? 200 : 0;
      break;
    case 'crossing':
      sip.crossing = pick % 2 === 0;
      break;
    case 'lag':
      edge.lagging = pick % 3 !== 0;
      if (!edge.lagging) edge.drain();
      break;
    case 'step':
      edge.step();
      break;
    case 'fail':
      edge.failOldest();
      break;
    case 'loseEndpoint': {
      const id = nth([...edge.endpoints.keys()], pick);
      if (id !== undefined && !edge.linkDown) edge.dropEndpoint(id, 'lost');
      break;
    }
    case 'cutLink':
      world.cutLink();
      break;
    case 'mendLink':
      await world.mendLink();
      break;
    case 'drop':
      sip.drop();
      break;
    case 'edgeDies':
      if (pick % 3 === 0) {
        await world.edgeDies();
      }
      break;
    case 'restart':
      if (pick % 2 === 0) {
        // A server starts only with a link that answers.
        edge.lagging = false;
        await world.mendLink();
        edge.drain();
        await restart();
      }
      break;
    case 'pass':
      await vi.advanceTimersByTimeAsync([200, 3_000, 10_000, 61_000][pick % 4] ?? 0);
      break;
  }
  if (wait > 0) await vi.advanceTimersByTimeAsync(wait);
}

/** Everybody hangs up, and all time passes. */
export async function tidyUp(world: World): Promise<void> {
  const { edge, server } = world;
  edge.lagging = false;
  await world.mendLink();
  edge.drain();
  const { sip } = server;
  sip.crossing = false;
  sip.reinvite = 200;
  // Twice: who waits for one side may ring another then.
  for (let round = 0; round < 3; round++) {
    await vi.advanceTimersByTimeAsync(5);
    for (const one of sip.incoming) sip.cancel(one);
    for (const [id, { ended }] of edge.dialogs) if (ended === undefined) sip.bye(id);
    await vi.advanceTimersByTimeAsync(5);
    edge.drain();
  }
  await vi.advanceTimersByTimeAsync(150_000);
}
