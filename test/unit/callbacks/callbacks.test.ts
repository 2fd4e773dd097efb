import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Callback, Callbacks } from '../../../server/callbacks/index.ts';
import { interactionAnswered, interactionEnded } from '../../../server/customers/index.ts';
import { agentSchema, hoursRecordSchema, queueSchema } from '../../../server/directory/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import type { CallingBack, DialBack } from '../../../server/ports/index.ts';
import { Routing } from '../../../server/routing/index.ts';
import type { Offer, OfferOutcome } from '../../../values/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

interface Dialling {
  offer: Offer;
  request: DialBack;
  /** Her phone: how that ended. */
  phone: (outcome: OfferOutcome) => void;
}

let site: TestSite;
let routing: Routing;
let callbacks: Callbacks;
let dialled: Dialling[];
let draining = false;
let known: { id: string; name: string; tags: string[] } | undefined;
/** Who talks with which contact, as calls would say. */
let talks: Map<string, string>;

const calls: CallingBack = {
  dialBack: (offer, request, signal) =>
    new Promise((resolve) => {
      const phone = (outcome: OfferOutcome) => {
        if (outcome === 'accepted') talks.set(offer.interaction, offer.agent);
        resolve(outcome);
      };
      dialled.push({ offer, request, phone });
      signal.addEventListener('abort', () => resolve(signal.reason as OfferOutcome));
    }),
  get: () => undefined,
};

function open(): void {
  const { journal, directory, clock, opened } = site;
  routing = new Routing({ directory, journal, clock, logger });
  callbacks = new Callbacks({
    database: opened.database,
    journal,
    directory,
    queueing: routing,
    calls,
    earlier: () => [],
    customerOf: () => known,
    draining: () => draining,
    clock,
    logger,
  });
  routing.useReality({
    *contacts() {
      yield* callbacks.waiting();
      for (const [interaction, agent] of talks) yield { interaction, state: 'connected', agent };
    },
    end: (interaction) => void callbacks.giveUp(interaction),
  });
  routing.start();
  callbacks.start();
  routing.attached();
}

/** The journal holds commits back for a moment by a timer, which is not the real one here. */
async function settle<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const done = () => {
    over = true;
  };
  work.then(done, done);
  while (!over) {
    await vi.advanceTimersByTimeAsync(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

/** Lets time pass, and what was asked for be committed and acted on. */
async function pass(ms = 0): Promise<void> {
  const end = site.clock.at + ms;
  do {
    site.clock.at = Math.min(end, site.clock.at + 1_000);
    await vi.advanceTimersByTimeAsync(Math.min(1_000, ms));
    for (let turn = 0; turn < 3; turn++) await settle(site.journal.append([]));
  } while (site.clock.at < end);
}

const tell = async (type: typeof interactionAnswered | typeof interactionEnded, interaction: string, data: object) => {
  await settle(
    site.journal.append([newEvent(type as typeof interactionAnswered, site.clock.at, data, { interaction })]),
  );
};
const types = () =>
  site.journal
    .read(0, { filter: { types: ['callback.*'] } })
    .map(({ type, data }) => `${type} ${data.outcome ?? data.how ?? ''}`.trim());

beforeEach(async () => {
  site = openSite();
  dialled = [];
  talks = new Map();
  draining = false;
  known = { id: 'cus_1', name: 'Wang', tags: ['gold'] };
  await site.directory.queues.put(queueSchema.parse({ site: 'hq', id: 'service', team: 'red', wrapUpMs: 0 }), 'admin');
  for (const id of ['1001', '1002']) {
    await site.directory.agents.put(
      agentSchema.parse({
        site: 'hq',
        id,
        name: id,
        queues: ['service'],
        phone: { kind: 'uri', uri: 'sip:a@192.0.2.1' },
      }),
      'admin',
    );
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  open();
});
afterEach(async () => {
  vi.useRealTimers();
  callbacks.close();
  await routing.close();
  await site.close();
});

const ready = (agent: string) => {
  routing.signIn(agent);
  routing.ready(agent);
};
const state = (one: Callback) => callbacks.get(one.id).state;

describe('a callback', () => {
  it('begins nothing while the site is drained, also over a restart, and keeps its turn', async () => {
    const now = site.clock.at;
    const wish = { queue: 'service', number: '+8613800138000' };
    // One waits for an agent already, the other's time comes meanwhile.
    const waits = await settle(callbacks.schedule({ ...wish, from: now, since: now - 60_000 }, '1001'));
    const later = await settle(callbacks.schedule({ ...wish, number: '+8613800138001', from: now + 3_000 }, '1001'));
    await pass(1_000);
    expect([state(waits), state(later)]).toEqual(['queued', 'scheduled']);
    draining = true;
    callbacks.drainChanged();
    ready('1001');
    await pass(4_000);
    expect([state(waits), state(later)]).toEqual(['scheduled', 'scheduled']);
    callbacks.close();
    await settle(routing.close());
    open();
    await pass(4_000);
    expect(dialled).toEqual([]);
    expect([...callbacks.waiting()]).toEqual([]);
    draining = false;
    callbacks.drainChanged();
    ready('1001');
    await pass(1_000);
    expect(dialled.map(({ request }) => request.number)).toEqual(['+8613800138000']);
    expect(callbacks.get(waits.id)).toMatchObject({ since: now - 60_000 });
    expect(state(later)).toBe('queued');
  });

  it('waits for its time, then for its agent, pops, and rings her before the customer', async () => {
    ready('1001');
    ready('1002');
    const from = site.clock.at + 60_000;
    const made = await settle(
      callbacks.schedule({ queue: 'service', number: '+8613800138000', from, preferred: '1002', note: 'loan' }, '1001'),
    );
    await pass(59_000);
    expect(dialled).toEqual([]);
    await pass(2_000);
    expect(dialled.map(({ offer, request }) => [offer.agent, request.number])).toEqual([['1002', '+8613800138000']]);
    const { offer, phone } = dialled[0]!;
    expect([...callbacks.waiting()]).toEqual([{ interaction: offer.interaction, state: 'ringing', agent: '1002' }]);
    // Whose number it is, is for who calls her, not kept for who had it called.
    expect([made.name, callbacks.get(made.id).name]).toEqual([undefined, undefined]);
    phone('accepted');
    await pass();
    expect(state(made)).toBe('dialling');
    expect(routing.agent('1002')?.contacts).toMatchObject([{ interaction: offer.interaction, state: 'connected' }]);
    await tell(interactionAnswered, offer.interaction, { offer: offer.id });
    await pass();
    expect(callbacks.get(made.id)).toMatchObject({
      state: 'done',
      customer: 'cus_1',
      attempts: [{ outcome: 'reached' }],
    });
    expect(types()).toEqual([
      'callback.scheduled',
      'callback.due',
      'callback.attempted reached',
      'callback.ended done',
    ]);
    const [started] = site.journal.ofInteraction(offer.interaction);
    expect(started).toMatchObject({
      type: 'interaction.started',
      customer: 'cus_1',
      team: 'red',
      data: { direction: 'out', fromName: 'Wang' },
    });
    expect(routing.counters.healed).toEqual({});
  });

  it('goes to the next agent where one does not take it', async () => {
    ready('1001');
    ready('1002');
    await settle(callbacks.schedule({ queue: 'service', number: '95500' }, '1001'));
    await pass(1_000);
    dialled[0]!.phone('missed');
    await pass(1_000);
    expect(dialled).toHaveLength(2);
    expect(new Set(dialled.map(({ offer }) => offer.agent)).size).toBe(2);
    expect(dialled[0]!.offer.interaction).toBe(dialled[1]!.offer.interaction);
  });

  it('leaves the queue where there is no way to the number, and tries again later', async () => {
    ready('1001');
    const made = await settle(callbacks.schedule({ queue: 'service', number: '1', retryMs: 60_000 }, '1001'));
    await pass(1_000);
    dialled[0]!.phone('withdrawn');
    await pass(30_000);
    expect(dialled).toHaveLength(1);
    expect(state(made)).toBe('scheduled');
    expect(routing.agent('1001')?.contacts).toEqual([]);
    await pass(40_000);
    expect(dialled).toHaveLength(2);
  });

  it('tries again where the customer does not answer, until the attempts are used up', async () => {
    ready('1001');
    const made = await settle(
      callbacks.schedule({ queue: 'service', number: '95500', attempts: 2, retryMs: 60_000 }, 'api'),
    );
    for (const attempt of [0, 1]) {
      await pass(attempt === 0 ? 1_000 : 61_000);
      const { offer, phone } = dialled[attempt]!;
      phone('accepted');
      await pass();
      await tell(interactionEnded, offer.interaction, { where: 'talk', by: 'system', cause: '486' });
      talks.delete(offer.interaction);
      routing.finished(offer.interaction, '1001', 'customer');
      await pass();
    }
    expect(callbacks.get(made.id)).toMatchObject({
      state: 'failed',
      attempts: [{ outcome: 'not-reached' }, { outcome: 'not-reached' }],
    });
    await pass(300_000);
    expect(dialled).toHaveLength(2);
  });

  it('expires with its time, and comes out of the queue when it is cancelled', async () => {
    const one = await settle(
      callbacks.schedule(
        { queue: 'service', number: '1', until: site.clock.at + 5_000, from: site.clock.at + 1_000 },
        'api',
      ),
    );
    const other = await settle(callbacks.schedule({ queue: 'service', number: '2' }, 'api'));
    await pass(2_000);
    expect([state(one), state(other)]).toEqual(['queued', 'queued']);
    await settle(callbacks.cancel(other.id, 'api'));
    await pass();
    expect(routing.queues()[0]?.waiting).toBe(1);
    await expect(callbacks.cancel(other.id, 'api')).rejects.toMatchObject({ code: 'callback-over' });
    // The queue gives it back, and there is no time left for another attempt.
    await settle(
      site.directory.queues.put(queueSchema.parse({ site: 'hq', id: 'service', whenEmpty: 'exit' }), 'admin'),
    );
    await pass(1_000);
    expect(state(one)).toBe('expired');
    const late = await settle(
      callbacks.schedule({ queue: 'service', number: '3', from: site.clock.at + 10, until: site.clock.at + 20 }, 'api'),
    );
    callbacks.close();
    await pass(1_000);
    open();
    await pass(1_000);
    expect(state(late)).toBe('expired');
    for (const wrong of [
      { queue: 'none' },
      { preferred: '9' },
      { from: site.clock.at + 9, until: site.clock.at + 9 },
    ]) {
      await expect(callbacks.schedule({ queue: 'service', number: '4', ...wrong }, 'api')).rejects.toThrow();
    }
  });

  it('waits for the opening hours of its queue, and goes out of it when it closes', async () => {
    // A Monday.
    const hours = {
      site: 'hq',
      name: 'office',
      open: [{ days: ['mon'], from: '09:00', to: '18:00' }],
      timeZone: 'UTC',
    };
    site.clock.at = Date.parse('2026-03-02T17:59:30Z');
    await settle(site.directory.hours.put(hoursRecordSchema.parse(hours), 'admin'));
    await settle(site.directory.queues.put(queueSchema.parse({ site: 'hq', id: 'service', hours: 'office' }), 'admin'));
    const until = site.clock.at + 10 * 86_400_000;
    const wish = { queue: 'service', until, retryMs: 60_000 };
    const early = await settle(callbacks.schedule({ ...wish, number: '1' }, 'api'));
    const late = await settle(callbacks.schedule({ ...wish, number: '2', from: site.clock.at + 60_000 }, 'api'));
    await pass(1_000);
    expect([state(early), state(late)]).toEqual(['queued', 'scheduled']);
    // At 18:00 the queue lets nobody of them wait on, and after that none enters it.
    await pass(120_000);
    ready('1001');
    await pass(120_000);
    expect(dialled).toEqual([]);
    const opens = Date.parse('2026-03-09T09:00:00Z');
    for (const one of [early, late]) expect(callbacks.get(one.id)).toMatchObject({ state: 'scheduled', nextAt: opens });
    expect(callbacks.get(early.id).attempts).toMatchObject([{ outcome: 'queue-exit' }]);
    expect(callbacks.get(late.id).attempts).toEqual([]);
    // The hours are changed: what waited for them looks again.
    await settle(
      site.directory.hours.put(
        hoursRecordSchema.parse({ ...hours, open: [{ days: ['mon'], from: '09:00', to: '20:00' }] }),
        'admin',
      ),
    );
    await pass(2_000);
    expect(dialled.map(({ request }) => request.number)).toHaveLength(1);
  });

  it('that never finds its queue open expires', async () => {
    const hours = {
      site: 'hq',
      name: 'sundays',
      open: [{ days: ['sun'], from: '09:00', to: '18:00' }],
      timeZone: 'UTC',
    };
    site.clock.at = Date.parse('2026-03-02T12:00:00Z');
    await settle(site.directory.hours.put(hoursRecordSchema.parse(hours), 'admin'));
    await settle(
      site.directory.queues.put(queueSchema.parse({ site: 'hq', id: 'service', hours: 'sundays' }), 'admin'),
    );
    const made = await settle(
      callbacks.schedule({ queue: 'service', number: '1', until: site.clock.at + 30_000 }, 'api'),
    );
    await pass(2_000);
    expect(callbacks.get(made.id)).toMatchObject({ state: 'scheduled', attempts: [] });
    await pass(30_000);
    expect(state(made)).toBe('expired');
  });

  it('is not begun after its time: the queue keeps it no longer', async () => {
    const made = await settle(
      callbacks.schedule({ queue: 'service', number: '1', until: site.clock.at + 60_000 }, 'api'),
    );
    await pass(30_000);
    expect(state(made)).toBe('queued');
    callbacks.close();
    await settle(routing.close());
    open();
    await pass(31_000);
    expect(state(made)).toBe('expired');
    ready('1001');
    await pass(1_000);
    expect(dialled).toEqual([]);
    expect(types().at(-1)).toBe('callback.ended expired');
  });

  it('goes to its queue though the agent who was to be asked first left the house', async () => {
    const from = site.clock.at + 60_000;
    const made = await settle(callbacks.schedule({ queue: 'service', number: '1', preferred: '1002', from }, 'api'));
    await settle(site.directory.agents.remove('1002', 'admin'));
    ready('1001');
    await pass(61_000);
    expect(state(made)).toBe('queued');
    expect(dialled.map(({ offer }) => offer.agent)).toEqual(['1001']);
  });

  it('outlives a restart, in the queue and while it is dialled', async () => {
    const [waits, rings] = [
      await settle(callbacks.schedule({ queue: 'service', number: '1', since: site.clock.at - 90_000 }, 'api')),
      await settle(callbacks.schedule({ queue: 'service', number: '2' }, 'api')),
    ];
    await pass(1_000);
    expect([state(waits), state(rings)]).toEqual(['queued', 'queued']);
    callbacks.close();
    await settle(routing.close());
    open();
    expect(routing.queues()[0]).toMatchObject({ waiting: 2 });
    ready('1001');
    await pass(1_000);
    // The one that kept its place comes first.
    expect(dialled.map(({ request }) => request.number)).toEqual(['1']);
    dialled[0]!.phone('accepted');
    await pass();
    callbacks.close();
    await settle(routing.close());
    // The talk went on meanwhile.
    await tell(interactionAnswered, dialled[0]!.offer.interaction, {});
    open();
    await pass();
    expect(state(waits)).toBe('done');
    expect(routing.counters.healed).toEqual({});
  });

  it('is tried again where the agent was just there, and her call ended while nobody saw it', async () => {
    const made = await settle(callbacks.schedule({ queue: 'service', number: '1', retryMs: 60_000 }, 'api'));
    ready('1001');
    await pass(1_000);
    dialled[0]!.phone('accepted');
    await pass();
    callbacks.close();
    await settle(routing.close());
    // What was written of it last.
    const before = `UPDATE callbacks SET state = 'queued', data = json_set(data, '$.state', 'queued') WHERE id = ?`;
    site.opened.database.prepare(before).run(made.id);
    open();
    await pass();
    expect(state(made)).toBe('scheduled');
    expect(types().at(-1)).toBe('callback.attempted lost');
    // Its contact has one end, and she wraps up.
    const { interaction } = dialled[0]!.offer;
    const ends = site.journal.ofInteraction(interaction).filter(({ type }) => type === 'interaction.ended');
    expect(ends).toMatchObject([{ data: { where: 'before', cause: 'restart' } }]);
    expect(routing.agent('1001')?.contacts).toEqual([]);
  });

  it('is wanted no more from the moment in which it is cancelled, though the agent answers just then', async () => {
    const made = await settle(callbacks.schedule({ queue: 'service', number: '1' }, 'api'));
    ready('1001');
    await pass(1_000);
    const { request, phone } = dialled[0]!;
    expect(request.wanted()).toBe(true);
    const cancelled = callbacks.cancel(made.id, 'api');
    expect(request.wanted()).toBe(false);
    phone('withdrawn');
    await settle(cancelled);
    expect(state(made)).toBe('cancelled');
  });

  it('says which contacts are its own, before it is started, too', async () => {
    const made = await settle(callbacks.schedule({ queue: 'service', number: '1' }, 'api'));
    await pass(1_000);
    const { interaction = '' } = callbacks.get(made.id);
    expect([callbacks.has(interaction), callbacks.has('int_other')]).toEqual([true, false]);
    callbacks.close();
    const { journal, directory, clock, opened } = site;
    const { database } = opened;
    const customerOf = () => undefined;
    const stands = { queueing: routing, calls, earlier: () => [], customerOf, clock, logger };
    expect(new Callbacks({ database, journal, directory, ...stands }).has(interaction)).toBe(true);
  });

  it('forgets whom it was for when the person is erased', async () => {
    const made = await settle(
      callbacks.schedule(
        { queue: 'service', number: '+8613800138000', from: site.clock.at + 60_000, note: 'x' },
        'api',
      ),
    );
    const changed = once(callbacks, 'changed');
    await settle(site.journal.erase(['cus_1'], 'admin'));
    await settle(changed);
    await pass();
    const kept = callbacks.get(made.id);
    expect(kept).toMatchObject({ state: 'cancelled' });
    expect(JSON.stringify(kept)).not.toContain('13800138000');
    expect(JSON.stringify(site.journal.read(0))).not.toContain('13800138000');
  });

  it('forgets by its contacts whose customer nobody knew; a rule takes no number that is still to be called', async () => {
    const number = '+8613800138111';
    const wish = { queue: 'service', number, from: site.clock.at + 60_000, origin: 'int_first' };
    known = undefined;
    const open = await settle(callbacks.schedule(wish, 'api'));
    const over = await settle(callbacks.schedule(wish, 'api'));
    await settle(callbacks.cancel(over.id, 'api'));
    await settle(site.journal.eraseInteractions(['int_first'], 'rule contacts'));
    await pass();
    expect(callbacks.get(over.id).number).toBeUndefined();
    expect(callbacks.get(open.id)).toMatchObject({ state: 'scheduled', number });
    // Later somebody made her a customer, and that contact hers.
    await settle(site.journal.erase(['cus_2', 'int_first'], 'admin'));
    await pass();
    expect(state(open)).toBe('cancelled');
    const rows = site.opened.database.prepare('SELECT data FROM callbacks').pluck().all();
    expect(JSON.stringify(rows)).not.toContain('13800138111');
  });
});
