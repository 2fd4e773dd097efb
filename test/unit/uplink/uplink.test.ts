// The journal on its way to the cloud: in order, once, whatever happens to the line.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interactionStarted } from '../../../server/customers/index.ts';
import { hashed } from '../../../server/egress/index.ts';
import { newEvent, readInPlace } from '../../../server/journal/index.ts';
import {
  checkPolicy,
  egressPolicyChanged,
  readPlan,
  Uplink,
  type UplinkOptions,
} from '../../../server/uplink/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';
import { MemoryCloud } from './cloud.ts';

const key = Buffer.alloc(32, 7);
let site: TestSite;
let cloud: MemoryCloud;
let uplink: Uplink;

const make = (more: Partial<UplinkOptions> = {}) =>
  new Uplink({
    line: cloud,
    plan: readPlan(undefined),
    key,
    journal: site.journal,
    database: site.opened.database,
    reader: readInPlace(site.opened.database),
    clock: site.clock,
    logger,
    folder: '/',
    alarm: { events: 1_000, minutes: 15, leastFreeGigabytes: 2 },
    lingerMs: 0,
    retryMs: 1,
    freeBytes: async () => 100 * 1024 ** 3,
    ...more,
  });

let calls = 0;
const call = (from = '+8613800138000') =>
  newEvent(
    interactionStarted,
    site.clock.now(),
    { channel: 'voice', direction: 'in', from },
    { interaction: `int_${++calls}` },
  );
/** @returns number of the last */
const happen = async (count: number): Promise<number> => {
  const events = Array.from({ length: count }, () => call());
  const { seq } = await site.journal.append(events);
  return seq ?? 0;
};

beforeEach(() => {
  site = openSite();
  cloud = new MemoryCloud();
});
afterEach(async () => {
  await uplink?.stop();
  await site.close();
});

describe('the uplink', () => {
  it('brings every fact once and in order, masked, and logs what left', async () => {
    const before = await happen(10);
    uplink = make();
    uplink.start();
    await cloud.has(before);
    await cloud.has(await happen(5));
    const started = cloud.events.filter(({ type }) => type === 'interaction.started');
    expect(started).toHaveLength(15);
    expect(started.map(({ seq }) => seq)).toEqual([...started.map(({ seq }) => seq)].sort((a, b) => a - b));
    expect(started[0]?.data).toEqual({
      channel: 'voice',
      direction: 'in',
      from: '+86138******00',
      'from#': hashed(key, 'phone', '+8613800138000'),
    });
    expect(JSON.stringify(cloud.batches)).not.toContain('13800138000');
    await expect.poll(() => uplink.log.list({ limit: 10 })[0]?.upto).toBe(cloud.at);
    for (const { batch } of uplink.log.list({ limit: 10 }))
      expect(uplink.log.verify(batch, key)).toMatchObject({ same: true, erasedSince: false });
  });

  it('goes on where the cloud is: an answer that was lost doubles nothing', async () => {
    cloud.loseAnswers = 2;
    uplink = make();
    uplink.start();
    await cloud.has(await happen(50));
    await cloud.has(await happen(50));
    await expect.poll(() => uplink.status().state).toBe('idle');
    const numbers = cloud.events.map(({ seq }) => seq);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(cloud.events.filter(({ type }) => type === 'interaction.started')).toHaveLength(100);
    // What left is in the log, confirmed or not.
    const logged = uplink.log.list({ limit: 100 }).map(({ after, upto }) => `${after}-${upto}`);
    expect(logged.reverse()).toEqual(cloud.batches.map(({ after, upto }) => `${after}-${upto}`));
  });

  it('sends again what a cloud lost that was restored from a backup', async () => {
    uplink = make();
    uplink.start();
    const last = await happen(30);
    await cloud.has(last);
    await uplink.stop();
    cloud.at = 10;
    cloud.events.splice(cloud.events.findIndex(({ seq }) => seq > 10));
    uplink = make();
    uplink.start();
    await cloud.has(last);
    expect(cloud.events.filter(({ type }) => type === 'interaction.started')).toHaveLength(30);
  });

  it('other sites’ news after a long silence: what calls write comes in between', async () => {
    const changes = Array.from({ length: 500 }, (_, at) => ({
      seq: at + 1,
      kind: 'profile' as const,
      profile: `p${at}`,
      identities: [`h1:${at}`],
      tags: [],
    }));
    cloud.changesToGive.push({ changes, next: 500 });
    uplink = make();
    const known = () =>
      site.opened.database.prepare<[], number>('SELECT count(*) FROM remote_profiles').pluck().get() ?? 0;
    const seen: number[] = [];
    uplink.start();
    while (site.journal.cursor('uplink-changes') < 500) {
      await site.journal.append([call()]);
      seen.push(known());
    }
    expect(known()).toBe(500);
    const steps = seen.map((count, at) => count - (seen[at - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(50);
    expect(steps.filter((step) => step > 0).length).toBeGreaterThanOrEqual(10);
  });

  it('halts where the cloud knows more than the journal, and says so', async () => {
    await happen(3);
    cloud.at = 1_000_000;
    uplink = make();
    uplink.start();
    await expect.poll(() => uplink.status().state).toBe('halted');
    expect(uplink.status().alarm).toBe('restored');
    await happen(3);
    expect(cloud.batches).toEqual([]);
  });

  /** The site has sent all it has; then `lost` more, which are not in the backup that it is restored from. */
  async function restored(lost: number): Promise<number> {
    uplink = make();
    uplink.start();
    const common = await happen(12);
    await cloud.has(common);
    await expect.poll(() => site.journal.cursor('uplink')).toBe(common);
    await uplink.stop();
    for (let nth = 1; nth <= lost; nth++) {
      const seq = common + nth;
      const { at } = cloud.events.at(-1)!;
      cloud.events.push({
        seq,
        at: at + 5_000,
        type: 'interaction.started',
        version: 1,
        interaction: `lost_${nth}`,
        data: {},
      });
      cloud.at = seq;
    }
    return common;
  }
  const interactions = () => cloud.events.flatMap(({ interaction }) => interaction ?? []);

  it('a restored site stays halted, however much it writes since, until that is settled; then nothing is left out or doubled', async () => {
    const common = await restored(4);
    const here = calls;
    const last = await happen(20);
    expect(last).toBeGreaterThan(cloud.at);
    uplink = make();
    uplink.start();
    await expect.poll(() => uplink.status().state).toBe('halted');
    expect(uplink.status()).toMatchObject({ alarm: 'restored', halt: { after: common, cursor: common + 4 } });
    await happen(5);
    const seen = cloud.events.length;
    expect(await uplink.settle('admin', true)).toMatchObject({ after: common, events: 4, aside: 'main-aside' });
    expect(cloud.events).toHaveLength(seen);
    expect(uplink.status().state).toBe('halted');
    expect(await uplink.settle('admin', false)).toMatchObject({ after: common, cursor: common + 4, events: 4 });
    await expect.poll(() => uplink.status().state).toBe('idle');
    expect(cloud.aside.map(({ interaction }) => interaction)).toEqual(['lost_1', 'lost_2', 'lost_3', 'lost_4']);
    expect(interactions()).toEqual(Array.from({ length: 12 + 25 }, (_, nth) => `int_${here - 12 + nth + 1}`));
    const [settled] = site.journal.read(0, { filter: { types: ['uplink.settled'] } });
    expect(settled?.data).toMatchObject({ after: common, aside: 'main-aside', by: 'admin' });
    await expect(uplink.settle('admin', false)).rejects.toMatchObject({ code: 'uplink-not-halted' });
  });

  it('a restored site stays halted where the policy kept all that it lost: what is new under those numbers still leaves', async () => {
    const common = await restored(0);
    // The cloud was told of eight more, and got none of them.
    cloud.at = common + 8;
    const here = calls;
    await happen(3);
    uplink = make();
    uplink.start();
    await expect.poll(() => uplink.status().state).toBe('halted');
    await uplink.stop();
    const last = await happen(20);
    expect(last).toBeGreaterThan(cloud.at);
    uplink = make();
    uplink.start();
    await expect.poll(() => uplink.status().state).toBe('halted');
    expect(uplink.status().halt).toEqual({ after: common, cursor: common + 8 });
    expect(site.journal.cursor('uplink')).toBe(common);
    await uplink.settle('admin', false);
    await cloud.has(last);
    expect(interactions()).toEqual(Array.from({ length: 12 + 23 }, (_, nth) => `int_${here - 12 + nth + 1}`));
  });

  it('goes on by itself where all that a restored site has under those numbers is kept, too', async () => {
    const common = await restored(0);
    cloud.at = common + 4;
    const kept = () => newEvent(egressPolicyChanged, site.clock.now(), { policy: 'x' });
    await site.journal.append(Array.from({ length: 4 }, kept));
    const last = await happen(3);
    uplink = make();
    uplink.start();
    await cloud.has(last);
    expect(uplink.status().halt).toBeUndefined();
    expect(interactions()).toHaveLength(12 + 3);
  });

  it('goes on by itself where a restored site has all that the cloud has', async () => {
    const common = await restored(0);
    const last = await happen(6);
    uplink = make();
    uplink.start();
    await cloud.has(last);
    await expect.poll(() => site.journal.cursor('uplink')).toBe(last);
    await uplink.stop();
    // The copy of the database is older than what was confirmed: its events are the cloud's all the same.
    site.journal.moveCursor('uplink', common);
    site.opened.database.exec(`DELETE FROM egress_log WHERE upto > ${common}`);
    uplink = make();
    uplink.start();
    const next = await happen(3);
    await cloud.has(next);
    expect(new Set(interactions()).size).toBe(interactions().length);
    expect(interactions()).toHaveLength(12 + 6 + 3);
  });

  it('takes smaller batches while the cloud is busy', async () => {
    cloud.busyTimes = 3;
    const last = await happen(600);
    uplink = make();
    uplink.start();
    await cloud.has(last);
    const [first] = cloud.batches;
    expect((first?.upto ?? 0) - (first?.after ?? 0)).toBeLessThanOrEqual(250);
  });

  it('an hour without the line: nothing lost, nothing doubled, an alarm, and all of it afterwards', async () => {
    uplink = make({ alarm: { events: 20_000, minutes: 15, leastFreeGigabytes: 2 } });
    uplink.start();
    await cloud.has(await happen(1));
    cloud.up = false;
    let last = 0;
    for (let minute = 0; minute < 60; minute++) {
      site.clock.at += 60_000;
      last = await happen(300);
      await uplink.look();
    }
    expect(uplink.status()).toMatchObject({ alarm: 'age' });
    expect(uplink.status().behind).toBeGreaterThanOrEqual(18_000);
    cloud.up = true;
    await cloud.has(last);
    await expect.poll(() => uplink.status().alarm).toBeUndefined();
    const started = cloud.events.filter(({ type }) => type === 'interaction.started').map(({ seq }) => seq);
    expect(started).toHaveLength(18_001);
    expect(started).toEqual([...new Set(started)].sort((a, b) => a - b));
    expect(cloud.events.some(({ type }) => type === 'uplink.behind')).toBe(true);
  });

  it('raises the alarm where the disk that keeps what waits gets full', async () => {
    uplink = make({ freeBytes: async () => 1024 ** 3 });
    uplink.start();
    await cloud.has(await happen(1));
    await expect.poll(() => uplink.status().state).toBe('idle');
    await uplink.look();
    expect(uplink.status().alarm).toBeUndefined();
    cloud.up = false;
    await happen(5);
    await uplink.look();
    expect(uplink.status().alarm).toBe('disk');
  });

  it('knows what other sites know of a person, and forgets it with her', async () => {
    const identities = [hashed(key, 'phone', '+8613800138000')];
    const interaction = {
      kind: 'interaction' as const,
      site: 'branch',
      interaction: 'int_b1',
      identities,
      channel: 'chat',
      direction: 'in',
      startedAt: 1_000,
    };
    const tags = [
      { tag: 'vip', since: 1, at: 1, site: 'branch' },
      { tag: 'old', since: 1, until: 2, at: 1, site: 'branch' },
    ];
    cloud.changesToGive.push({
      changes: [
        { seq: 1, ...interaction },
        { seq: 2, kind: 'profile', profile: 'p1', identities, name: { value: 'W*** L*', at: 1, site: 'branch' }, tags },
      ],
      next: 2,
    });
    uplink = make();
    uplink.start();
    const her = [{ kind: 'phone', value: '+8613800138000' }];
    await expect
      .poll(() => uplink.history.interactions(her, 10))
      .toMatchObject([{ site: 'branch', interaction: 'int_b1' }]);
    expect(uplink.history.profile(her, 10)).toEqual({ name: 'W*** L*', language: undefined, tags: ['vip'] });
    expect(uplink.history.interactions([{ kind: 'account', value: '+8613800138000' }], 10)).toEqual([]);
    // It was set aside, and so is another site's now; then its site forgets who it was with.
    uplink.history.apply({ seq: 3, ...interaction, site: 'branch-2026-05-15', was: 'branch' });
    expect(uplink.history.interactions(her, 10).map(({ site }) => site)).toEqual(['branch-2026-05-15']);
    uplink.history.apply({ seq: 3, ...interaction, site: 'branch-2026-05-15', was: 'branch', identities: [] });
    expect(uplink.history.interactions(her, 10)).toEqual([]);
    uplink.history.apply({ seq: 3, ...interaction });
    // Another profile has her number now: the one before became it.
    uplink.history.apply({ seq: 3, kind: 'profile', profile: 'p0', identities, tags: [] });
    expect(uplink.history.profile(her, 10)).toEqual({ name: undefined, language: undefined, tags: [] });
    uplink.history.apply({ seq: 4, kind: 'erased', identities });
    expect(uplink.history.interactions(her, 10)).toEqual([]);
    expect(uplink.history.profile(her, 10)).toBeUndefined();
  });
});

describe('egress.json', () => {
  it('says where a mistake stands', () => {
    const text = '{\n  "preset": "bank",\n  "events": {\n    "interaction.stepp": "keep"\n  }\n}\n';
    expect(checkPolicy(text).findings).toEqual([
      { line: 4, column: 5, sentence: 'There is no kind of event interaction.stepp.' },
    ]);
    expect(checkPolicy('{ "preset": "banc" }').findings[0]).toMatchObject({ line: 1, column: 13 });
    expect(checkPolicy('{ "preset": ').findings).toHaveLength(1);
    expect(checkPolicy('{ "events": { "interaction.step": { "value": "hash" } } }').policy).toMatchObject({
      preset: 'bank',
    });
  });
});
