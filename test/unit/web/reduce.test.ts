import { expect, test } from 'vitest';
import type { DeskEventName, DeskEventWith, EventFrame } from '../../../server/desk/protocol.ts';
import { contactsOf, frontOf } from '../../../web/src/state/contacts.ts';
import { reduce } from '../../../web/src/state/reduce.ts';
import {
  type AgentLive,
  type CallView,
  nothing,
  type PanelState,
  type Snapshot,
} from '../../../web/src/state/state.ts';

type Contact = AgentLive['contacts'][number];

const live = (...contacts: Contact[]): AgentLive => ({
  agent: '1001',
  presence: 'ready',
  since: 0,
  contacts,
  occupied: {},
});
const today = { handled: 0, missed: 0, declined: 0, talkMs: 0, wrapUpMs: 0 };
const contact = (interaction: string, state: Contact['state']): Contact => ({
  interaction,
  channel: 'voice',
  queue: 'service',
  state,
  since: 1,
  offer: `off-${interaction}`,
});
const call = (interaction: string, phase: CallView['phase']): CallView => ({
  interaction,
  callId: interaction,
  direction: 'in',
  phase,
  since: 0,
  startedAt: 0,
  to: '95500',
  agent: '1001',
  language: 'en',
  recording: 'on',
  variables: {},
});
const pop = (interaction: string): DeskEventWith<'pop'> => ({
  offer: { id: `off-${interaction}`, interaction, agent: '1001', at: 0, deadline: 20 },
  content: {
    interaction,
    channel: 'voice',
    direction: 'in',
    from: '+8613800138000',
    to: '95500',
    language: 'en',
    path: [],
    variables: {},
    earlier: [],
  },
});
const snapshot: Snapshot = {
  seq: 10,
  at: 5_000,
  setup: {
    site: { name: 'main', timeZone: 'UTC' },
    me: { id: '1001', name: 'Lin', roles: ['agent'], language: 'en', phone: 'registered', canAnswer: false },
    queues: [],
    reasons: [],
    flows: [],
  },
  live: live(),
  today,
  pops: [],
  calls: [],
  conversations: [],
  work: [],
  figures: [],
  colleagues: [],
};
const open = (): PanelState =>
  reduce(nothing, {
    on: 'welcome',
    now: 1_000,
    welcome: { session: 's', epoch: 'e', how: 'snapshot', snapshot },
  });

/** Tells events one after the other, numbered. */
function tell(
  state: PanelState,
  ...events: { [Name in DeskEventName]: [Name, DeskEventWith<Name>] }[DeskEventName][]
): PanelState {
  return events.reduce(
    (before, [event, about]) =>
      reduce(before, { on: 'event', frame: { seq: before.seen + 1, event, with: about } as EventFrame }),
    state,
  );
}
const frontKey = (state: PanelState) => frontOf(state, contactsOf(state))?.key;

test('a snapshot sets all, and how far the server’s clock is ahead', () => {
  const state = open();
  expect(state).toMatchObject({ link: { is: 'open' }, clockOffset: 4_000, seen: 10 });
  const again = reduce(tell(state, ['pop', pop('a')]), {
    on: 'welcome',
    now: 2_000,
    welcome: { session: 's', epoch: 'f', how: 'snapshot', snapshot: { ...snapshot, seq: 0 } },
  });
  expect(again.pops).toEqual({});
  expect(again.seen).toBe(0);
});

test('small differences of clocks do not make the timers jump', () => {
  const state = open();
  expect(reduce(state, { on: 'beat', server: 5_200, now: 1_000 }).clockOffset).toBe(4_000);
  expect(reduce(state, { on: 'beat', server: 9_000, now: 1_000 }).clockOffset).toBe(8_000);
});

test('an offer is a contact from its pop on, in whatever order the rest is told', () => {
  const one = tell(open(), ['pop', pop('a')]);
  expect(contactsOf(one)).toMatchObject([{ key: 'off-a', state: 'offered', until: 20 }]);
  const two = tell(one, ['agent', { live: live(contact('a', 'offered')), today }], ['call', call('a', 'ringing')]);
  const other = tell(
    open(),
    ['call', call('a', 'ringing')],
    ['agent', { live: live(contact('a', 'offered')), today }],
    ['pop', pop('a')],
  );
  for (const state of [two, other]) {
    expect(contactsOf(state)).toMatchObject([
      { key: 'off-a', state: 'offered', pop: { offer: { id: 'off-a' } }, call: { phase: 'ringing' } },
    ]);
  }
});

test('a contact goes through talk and wrap-up and takes its pop, call and notes with it', () => {
  const talking = tell(
    open(),
    ['pop', pop('a')],
    ['offer-ended', { offer: 'off-a', interaction: 'a', outcome: 'accepted' }],
    ['agent', { live: live(contact('a', 'connected')), today }],
    ['call', call('a', 'talking')],
    ['work', { interaction: 'a', note: 'x' }],
  );
  expect(contactsOf(talking)).toMatchObject([
    { state: 'connected', work: { note: 'x' }, pop: { outcome: 'accepted' } },
  ]);
  const wrapUp = tell(talking, ['call', call('a', 'ended')], ['agent', { live: live(contact('a', 'wrap-up')), today }]);
  expect(contactsOf(wrapUp)).toMatchObject([{ key: 'off-a', state: 'wrap-up', work: { note: 'x' } }]);
  const done = tell(wrapUp, ['agent', { live: live(), today: { ...today, handled: 1 } }]);
  expect(contactsOf(done)).toEqual([]);
  expect(done).toMatchObject({ pops: {}, calls: {}, work: {}, today: { handled: 1 } });
});

test('an offer that was missed goes away with a notice', () => {
  const state = tell(
    open(),
    ['pop', pop('a')],
    ['offer-ended', { offer: 'off-a', interaction: 'a', outcome: 'missed' }],
  );
  expect(contactsOf(state)).toEqual([]);
  expect(state.notices).toEqual([{ id: 1, kind: 'bad', about: 'offer', outcome: 'missed', from: '+8613800138000' }]);
  expect(reduce(state, { on: 'dismiss', id: 1 }).notices).toEqual([]);
});

test('a new offer comes to the front when she is free, waits behind a talk, and comes when she takes it', () => {
  const wrapUp = tell(open(), ['agent', { live: live(contact('a', 'wrap-up')), today }], ['pop', pop('b')]);
  expect(frontKey(wrapUp)).toBe('off-b');
  const talk = tell(open(), ['agent', { live: live(contact('a', 'connected')), today }], ['pop', pop('b')]);
  expect(frontKey(talk)).toBe('off-a');
  const taken = tell(
    talk,
    ['offer-ended', { offer: 'off-b', interaction: 'b', outcome: 'accepted' }],
    ['agent', { live: live(contact('a', 'connected'), contact('b', 'offered')), today }],
    ['agent', { live: live(contact('a', 'connected'), contact('b', 'connected')), today }],
  );
  expect(frontKey(taken)).toBe('off-b');
  expect(frontKey(reduce(taken, { on: 'front', key: 'off-a' }))).toBe('off-a');
});

test('an open offer stays in front when another comes, so that her key takes what she looks at', () => {
  const two = tell(open(), ['pop', pop('a')], ['pop', pop('b')]);
  expect(frontKey(two)).toBe('off-a');
  const declined = tell(two, ['offer-ended', { offer: 'off-a', interaction: 'a', outcome: 'declined' }]);
  expect(frontKey(declined)).toBe('off-b');
});

test('a talk that came with a snapshot stays in front when an offer comes', () => {
  const state = reduce(nothing, {
    on: 'welcome',
    now: 0,
    welcome: {
      session: 's',
      epoch: 'e',
      how: 'snapshot',
      snapshot: { ...snapshot, live: live(contact('a', 'connected')) },
    },
  });
  expect(frontKey(tell(state, ['pop', pop('b')]))).toBe('off-a');
});

test('her own call is a contact until it is gone', () => {
  const state = tell(open(), ['call', call('own', 'talking')]);
  expect(contactsOf(state)).toMatchObject([{ key: 'own', state: 'own' }]);
  expect(contactsOf(tell(state, ['call-gone', { interaction: 'own' }]))).toEqual([]);
  expect(tell(state, ['call', call('own', 'ended')]).calls).toEqual({});
});

test('live figures replace those before; the floor only while it is watched', () => {
  const figures = {
    queue: 'service',
    waiting: 2,
    longestWaitMs: 9,
    agents: 1,
    free: 0,
    today: { offered: 0, answered: 0, abandoned: 0, overflowed: 0 },
  };
  const state = reduce(open(), { on: 'live', frame: { live: 'queues', with: [figures] }, now: 77 });
  expect(state.figures.service).toEqual({ ...figures, heardAt: 77 });
  const agent = { ...live(), name: 'Lin' };
  const unwatched = reduce(state, { on: 'live', frame: { live: 'floor', with: [agent] }, now: 0 });
  expect(unwatched.floor).toBeUndefined();
  const watched = reduce(state, { on: 'floor', floor: { agents: [], queues: [], figures: [], calls: [] }, now: 0 });
  const told = reduce(watched, { on: 'live', frame: { live: 'floor', with: [agent] }, now: 0 });
  expect(Object.keys(told.floor?.agents ?? {})).toEqual(['1001']);
  expect(reduce(told, { on: 'floor', floor: undefined, now: 0 }).floor).toBeUndefined();
});

test('a lost connection keeps what is shown, and nothing is lost before the first welcome', () => {
  const state = reduce(open(), { on: 'lost', now: 9 });
  expect(state.link).toEqual({ is: 'lost', since: 9 });
  expect(reduce(state, { on: 'lost', now: 20 }).link).toEqual({ is: 'lost', since: 9 });
  expect(reduce(nothing, { on: 'lost', now: 9 }).link).toEqual({ is: 'first' });
  const resumed = reduce(state, { on: 'welcome', now: 0, welcome: { session: 's', epoch: 'e', how: 'resumed' } });
  expect(resumed.link).toEqual({ is: 'open' });
  expect(resumed.seen).toBe(10);
});

test('no reducer step changes the state it was given', () => {
  const state = Object.freeze(open());
  const before = structuredClone(state);
  tell(
    state,
    ['pop', pop('a')],
    ['agent', { live: live(contact('a', 'offered')), today }],
    ['call', call('a', 'ringing')],
  );
  expect(state).toEqual(before);
});

test('hints that come during the talk stand beside that contact alone, and replace what was known', () => {
  const state = tell(
    open(),
    ['pop', pop('a')],
    ['pop', pop('b')],
    ['hints', { interaction: 'a', hints: [{ en: 'Charged twice' }] }],
    ['hints', { interaction: 'a', hints: [{ en: 'Charged twice' }, { zh: '重要客户' }] }],
    ['hints', { interaction: 'nobody’s', hints: [{ en: 'x' }] }],
  );
  expect(state.pops['off-a']?.content.hints).toEqual([{ en: 'Charged twice' }, { zh: '重要客户' }]);
  expect(state.pops['off-b']?.content.hints).toBeUndefined();
});

test('how a detour ended stays as long as its contact', () => {
  const talking = tell(
    open(),
    ['call', call('a', 'talking')],
    ['agent', { live: live(contact('a', 'connected')), today }],
  );
  const end = { flow: 'pin', result: { result: 'confirmed' } };
  const back = tell(talking, ['detour-ended', { interaction: 'a', ...end }]);
  expect(back.detours.a).toMatchObject(end);
  const wrapping = tell(
    back,
    ['call-gone', { interaction: 'a' }],
    ['agent', { live: live(contact('a', 'wrap-up')), today }],
  );
  expect(wrapping.detours.a).toMatchObject(end);
  expect(tell(wrapping, ['agent', { live: live(), today }]).detours).toEqual({});
});

test('what was measured of a connection goes with it', () => {
  const phone = (connection: string, muted = false) => ({ state: 'connected' as const, connection, muted, lines: [] });
  const up = { packets: 250, lost: 60, mos: 2.4 };
  const bad = reduce(tell(open(), ['phone', phone('con_1')]), {
    on: 'live',
    now: 1_000,
    frame: { live: 'phone-quality', with: { codec: 'PCMU', up } },
  });
  expect(tell(bad, ['phone', phone('con_1', true)]).phoneQuality?.up).toEqual(up);
  expect(tell(bad, ['phone', phone('con_2')]).phoneQuality).toBeUndefined();
});

test('a supervisor who takes no contacts has nothing to be signed in for while she listens, until she takes a talk over', () => {
  const listening: AgentLive = { ...live(), presence: 'offline', occupied: { voice: 1 } };
  expect(tell(open(), ['agent', { live: listening, today }]).live).toBeUndefined();
  const talking: AgentLive = { ...listening, contacts: [contact('a', 'connected')] };
  expect(tell(open(), ['agent', { live: talking, today }]).live).toEqual(talking);
});

test('whose call it was stays to be read in its wrap-up, and goes with it', () => {
  const talking = tell(
    open(),
    ['call', call('a', 'talking')],
    ['agent', { live: live(contact('a', 'wrap-up')), today }],
    ['call-gone', { interaction: 'a' }],
  );
  expect(contactsOf(talking)).toMatchObject([{ state: 'wrap-up', call: { phase: 'ended', to: '95500' } }]);
  const done = tell(talking, ['agent', { live: live(), today }]);
  expect([contactsOf(done), done.calls]).toEqual([[], {}]);
});
