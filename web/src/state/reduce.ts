// What each message of the desk and each choice of the agent changes. Pure.
import type { CommandAnswer, EventFrame, LiveFrame, Welcome } from '../../../server/desk/protocol.ts';
import { seen, withMessage, withView } from '../conversation/state.ts';
import { contactsOf, frontOf } from './contacts.ts';
import { nameOf } from './names.ts';
import type { AgentLive, CallView, NewNotice, PanelState, PopView, QueueFigures, Snapshot } from './state.ts';

export type Change =
  | { on: 'welcome'; welcome: Welcome; now: number }
  | { on: 'event'; frame: EventFrame }
  | { on: 'live'; frame: LiveFrame; now: number }
  | { on: 'beat'; server: number; now: number }
  | { on: 'lost'; now: number }
  | { on: 'floor'; floor: CommandAnswer<'watch'> | undefined; now: number }
  | { on: 'front'; key: string }
  | { on: 'notice'; notice: NewNotice }
  | { on: 'dismiss'; id: number };

/** Notices shown at most; the oldest make room. */
const mostNotices = 4;
/** Numbers offered for redialling at most. */
const mostDialled = 10;

export function reduce(state: PanelState, change: Change): PanelState {
  return readInFront(changed(state, change));
}

function changed(state: PanelState, change: Change): PanelState {
  switch (change.on) {
    case 'welcome':
      return change.welcome.snapshot === undefined
        ? { ...state, link: { is: 'open' } }
        : fromSnapshot(state, change.welcome.snapshot, change.now);
    case 'event':
      return settleFront(state, onEvent({ ...state, seen: change.frame.seq }, change.frame));
    case 'live':
      return onLive(state, change.frame, change.now);
    case 'beat':
      return onBeat(state, change.server - change.now);
    case 'lost':
      return state.link.is === 'open' ? { ...state, link: { is: 'lost', since: change.now } } : state;
    case 'floor':
      return onFloor(state, change.floor, change.now);
    case 'front':
      return { ...state, front: change.key };
    case 'notice':
      return notice(state, change.notice);
    case 'dismiss':
      return { ...state, notices: state.notices.filter((one) => one.id !== change.id) };
  }
}

function fromSnapshot(state: PanelState, snapshot: Snapshot, now: number): PanelState {
  const { seq, at, setup, live, today, pops, calls, conversations, work, parked, dialled, figures, colleagues, phone } =
    snapshot;
  return {
    ...state,
    link: { is: 'open' },
    clockOffset: at - now,
    seen: seq,
    setup,
    live,
    today,
    pops: by(pops, (pop) => pop.offer.id),
    calls: by(calls, (call) => call.interaction),
    conversations: by(
      // What she has read before the connection was lost, she has read.
      conversations.map((one) => ({ ...withView(undefined, one), read: readBefore(state, one) })),
      (one) => one.view.interaction,
    ),
    work: by(work, (one) => one.interaction),
    figures: heard(figures, now),
    colleagues,
    parked,
    dialled,
    phone,
    asked: {},
    signedOut: undefined,
  };
}

function onEvent(state: PanelState, frame: EventFrame): PanelState {
  switch (frame.event) {
    case 'agent':
      return onAgent({ ...state, today: frame.with.today }, frame.with.live);
    case 'pop':
      return { ...state, pops: { ...state.pops, [frame.with.offer.id]: frame.with } };
    case 'hints': {
      const { interaction, hints } = frame.with;
      const pops = Object.entries(state.pops).map(([offer, pop]): [string, PopView] => [
        offer,
        pop.content.interaction === interaction ? { ...pop, content: { ...pop.content, hints } } : pop,
      ]);
      return { ...state, pops: Object.fromEntries(pops) };
    }
    case 'offer-ended': {
      const { offer, outcome } = frame.with;
      const pop = state.pops[offer];
      if (outcome === 'accepted') {
        return pop === undefined ? state : { ...state, pops: { ...state.pops, [offer]: { ...pop, outcome } } };
      }
      const next = { ...state, pops: without(state.pops, offer) };
      const kind = outcome === 'missed' || outcome === 'unreachable' ? 'bad' : 'info';
      const written = pop !== undefined && pop.content.channel !== 'voice';
      const from = written ? nameOf(pop.content) : (pop?.content.customer?.name ?? pop?.content.from);
      return notice(next, { kind, about: 'offer', outcome, from, ...(written ? { written } : {}) });
    }
    case 'call': {
      const call = frame.with;
      const next = call.phase === 'ringing' ? dialled(state, call) : state;
      const isContact = state.live?.contacts.some((one) => one.interaction === call.interaction) ?? false;
      if (call.phase === 'ended' && !isContact) return { ...next, calls: without(state.calls, call.interaction) };
      return { ...next, calls: { ...state.calls, [call.interaction]: call } };
    }
    case 'call-gone': {
      const { interaction } = frame.with;
      const call = state.calls[interaction];
      const isContact = state.live?.contacts.some((one) => one.interaction === interaction) ?? false;
      // In wrap-up it still says whose call it was, where there was no pop: one that was taken over.
      const kept =
        call !== undefined && isContact
          ? { ...state.calls, [interaction]: { ...call, phase: 'ended' as const } }
          : undefined;
      return {
        ...state,
        calls: kept ?? without(state.calls, interaction),
        asked: without(state.asked, interaction),
      };
    }
    case 'conversation': {
      const { interaction } = frame.with.view;
      const known = state.conversations[interaction];
      return { ...state, conversations: { ...state.conversations, [interaction]: withView(known, frame.with) } };
    }
    case 'message': {
      const { interaction, message } = frame.with;
      const known = state.conversations[interaction];
      if (known === undefined) return state;
      return { ...state, conversations: { ...state.conversations, [interaction]: withMessage(known, message) } };
    }
    case 'answer-reviewed': {
      const { approved, message } = frame.with;
      const why = message.failed?.reason ?? '';
      return notice(state, { kind: approved ? 'good' : 'bad', about: 'review', approved, why });
    }
    case 'conversation-gone':
      return { ...state, conversations: without(state.conversations, frame.with.interaction) };
    case 'work':
      return { ...state, work: { ...state.work, [frame.with.interaction]: frame.with } };
    case 'detour-ended': {
      const { interaction, flow, result, failed } = frame.with;
      const kind = failed === undefined ? 'good' : 'bad';
      const end = { flow, result, reason: failed?.reason };
      const next = { ...state, detours: { ...state.detours, [interaction]: end } };
      return notice(next, { kind, about: 'detour', ...end });
    }
    case 'asked':
      return { ...state, asked: { ...state.asked, [frame.with.content.interaction]: frame.with } };
    case 'parked':
      return { ...state, parked: frame.with.calls };
    case 'phone':
      // What was measured of another connection says nothing about this one.
      return state.phone?.connection === frame.with.connection
        ? { ...state, phone: frame.with }
        : { ...state, phone: frame.with, phoneQuality: undefined };
    case 'setup':
      return { ...state, setup: frame.with };
    case 'signed-out':
      return { ...state, signedOut: frame.with.why };
  }
}

/** A number that she dialled herself goes to the head of what can be dialled again. */
function dialled(state: PanelState, { agent, direction, to, startedAt: at }: CallView): PanelState {
  if (agent !== state.setup?.me.id || direction === 'in') return state;
  const others = state.dialled.filter((one) => one.to !== to);
  return { ...state, dialled: [{ to, at }, ...others].slice(0, mostDialled) };
}

/** All of her state; what belongs to contacts that have left goes with them. */
function onAgent(state: PanelState, live: AgentLive): PanelState {
  const here = new Set(live.contacts.map((contact) => contact.interaction));
  // Who takes no contacts has nothing to be signed in for, until she takes a talk over.
  const works = live.presence !== 'offline' || live.contacts.length > 0;
  const calls = keep(state.calls, (call) => call.phase !== 'ended' || here.has(call.interaction));
  return {
    ...state,
    live: works ? live : undefined,
    pops: keep(state.pops, (pop) => pop.outcome === undefined || here.has(pop.content.interaction)),
    calls,
    conversations: keep(state.conversations, ({ view }) => view.phase !== 'closed' || here.has(view.interaction)),
    work: keep(state.work, (work) => here.has(work.interaction)),
    detours: Object.fromEntries(
      Object.entries(state.detours).filter(([one]) => here.has(one) || calls[one] !== undefined),
    ),
  };
}

/**
 * A new offer comes to the front unless she is talking or another offer is open there: her key must not take what she did
 * not look at. One that she took comes in any case.
 */
function settleFront(before: PanelState, after: PanelState): PanelState {
  const old = contactsOf(before);
  const contacts = contactsOf(after);
  const wasFront = frontOf(before, old)?.key;
  const front = contacts.find((contact) => contact.key === wasFront) ?? frontOf(after, contacts);
  const stateBefore = (key: string) => old.find((contact) => contact.key === key)?.state;
  const taken = contacts.find((contact) => contact.state === 'connected' && stateBefore(contact.key) === 'offered');
  const offered = contacts.find((contact) => contact.state === 'offered' && stateBefore(contact.key) === undefined);
  const busy = front?.state === 'connected' || front?.state === 'own' || front?.state === 'offered';
  const next = taken ?? (busy ? front : (offered ?? front));
  return next?.key === after.front ? after : { ...after, front: next?.key };
}

function onLive(state: PanelState, frame: LiveFrame, now: number): PanelState {
  if (frame.live === 'queues') {
    return { ...state, figures: { ...state.figures, ...heard(frame.with, now) } };
  }
  if (frame.live === 'phone-quality') return { ...state, phoneQuality: frame.with };
  if (frame.live === 'typing') {
    const { interaction } = frame.with;
    const known = state.conversations[interaction];
    if (known === undefined) return state;
    return { ...state, conversations: { ...state.conversations, [interaction]: { ...known, typingAt: now } } };
  }
  if (state.floor === undefined) return state;
  if (frame.live === 'calls') {
    const calls = keep(
      { ...state.floor.calls, ...by(frame.with, (one) => one.interaction) },
      ({ phase }) => phase !== 'ended',
    );
    return { ...state, floor: { ...state.floor, calls } };
  }
  const agents = { ...state.floor.agents, ...by(frame.with, (one) => one.agent) };
  return { ...state, floor: { ...state.floor, agents } };
}

/** Small differences are the network's, and would only make the timers jump. */
function onBeat(state: PanelState, clockOffset: number): PanelState {
  return Math.abs(clockOffset - state.clockOffset) < 250 ? state : { ...state, clockOffset };
}

function onFloor(state: PanelState, floor: CommandAnswer<'watch'> | undefined, now: number): PanelState {
  if (floor === undefined) return { ...state, floor: undefined };
  return {
    ...state,
    floor: {
      agents: by(floor.agents, (one) => one.agent),
      queues: floor.queues,
      calls: by(floor.calls, (one) => one.interaction),
    },
    figures: { ...state.figures, ...heard(floor.figures, now) },
  };
}

/** What stands before her she has read. */
function readInFront(state: PanelState): PanelState {
  const front = frontOf(state, contactsOf(state))?.conversation;
  if (front === undefined) return state;
  const read = seen(front);
  const { interaction } = front.view;
  return read === front ? state : { ...state, conversations: { ...state.conversations, [interaction]: read } };
}

/** New on this page: what is there already counts as read. */
function readBefore(state: PanelState, { view, messages }: Snapshot['conversations'][number]): number {
  return state.conversations[view.interaction]?.read ?? messages.at(-1)?.number ?? 0;
}

function notice(state: PanelState, given: NewNotice): PanelState {
  const noticed = state.noticed + 1;
  return { ...state, noticed, notices: [...state.notices, { ...given, id: noticed }].slice(-mostNotices) };
}

function heard(figures: Snapshot['figures'], heardAt: number): Record<string, QueueFigures> {
  return by(
    figures.map((one) => ({ ...one, heardAt })),
    (one) => one.queue,
  );
}

function by<Row>(rows: Row[], key: (row: Row) => string): Record<string, Row> {
  return Object.fromEntries(rows.map((row) => [key(row), row]));
}

function keep<Row>(rows: Record<string, Row>, wanted: (row: Row) => boolean): Record<string, Row> {
  const kept = Object.entries(rows).filter(([, row]) => wanted(row));
  return kept.length === Object.keys(rows).length ? rows : Object.fromEntries(kept);
}

function without<Row>(rows: Record<string, Row>, key: string): Record<string, Row> {
  const { [key]: _, ...rest } = rows;
  return rest;
}
