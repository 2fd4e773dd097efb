// Whose is it: every row of the journal and every record of the API names its site and, where its queue or agent has one,
// its team; supervisors of a team see by that and nothing else.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;

interface Row {
  seq: number;
  type: string;
  interaction: string | null;
  agent: string | null;
  queue: string | null;
  site: string;
  team: string | null;
}

describe.skipIf(!has('sipp'))('site and team (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterAll(() => floor?.close());

  test('stand in every row that belongs to a contact, an agent or a queue', async () => {
    const site = floor.product.settings.site.name;
    const line = await floor.line({ team: 'red', record: true, dispositions: ['sold'], wrapUpMs: 60_000 });
    const did = await floor.ask('GET', `/dids/${line.number}`);
    await floor.ask('PUT', `/dids/${line.number}`, { flow: did.flow, language: 'en', team: 'red' });
    const seat = await floor.seat([line.queue], { team: 'red' });
    const { agent } = seat;
    await floor.ask('POST', `/agents/${agent}/not-ready`, { reason: 'break' });
    await floor.ask('POST', `/agents/${agent}/ready`, {});

    // A call with everything in it: recorded, held, wrapped up, judged.
    const caller = await floor.caller(line.number);
    const { interaction } = caller;
    await floor.answers(seat, interaction);
    const contact = `/agents/${agent}/contacts/${interaction}`;
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    await floor.events.fact('interaction.ended', { interaction });
    await floor.ask('POST', `${contact}/disposition`, { disposition: 'sold', note: 'wants a card' });
    await floor.ask('POST', `${contact}/wrap-up`, {});
    await floor.free(agent);
    const form = { id: 'tone', text: { en: 'Tone' }, kind: 'scale', max: 4 };
    const sections = [{ id: 'talk', name: { en: 'Talk' }, questions: [form] }];
    await floor.ask('PUT', '/quality/forms/call', { name: { en: 'Call' }, team: 'red', sections });
    const judged = { form: 'call', interaction, agent, answers: { tone: { value: 3 } } };
    const [recording] = (await floor.record(interaction)).recordings;
    await floor.ask('POST', '/quality/evaluations', judged);
    expect(recording).toBeDefined();
    await floor.ask('GET', `/interactions/${interaction}/sip`);

    // One who gives up in the queue, and one who is to be called back.
    await floor.ask('POST', `/agents/${agent}/not-ready`, { reason: 'break' });
    const left = await floor.caller(line.number);
    await floor.phase(left.interaction, 'queued');
    await left.sipp.tell('HANGUP');
    await left.sipp.done();
    await floor.record(left.interaction);
    const later = { queue: line.queue, number: '02112345678', from: Date.now() + 3_600_000, origin: interaction };
    await floor.ask('POST', '/callbacks', later);
    await until(() => floor.events.of('callback.scheduled').length > 0, 'the callback is in the journal');

    const ours = new Set([agent, line.queue, interaction, left.interaction]);
    const database = new Database(join(floor.product.settings.data, 'switchroom.sqlite'), { readonly: true });
    const rows = database
      .prepare<[], Row>('SELECT seq, type, interaction, agent, queue, site, team FROM journal ORDER BY seq')
      .all();
    database.close();
    expect(rows.filter((row) => row.site !== site)).toEqual([]);
    // What the router was told, for its replay, is not about anybody; what came of it is told beside it.
    const facts = rows.filter(({ type }) => type !== 'routing.decided');
    const owned = facts.filter((row) =>
      [row.interaction, row.agent, row.queue].some((id) => id !== null && ours.has(id)),
    );
    for (const kind of ['agent.presence-changed', 'interaction.wrapped-up', 'callback.scheduled', 'quality.evaluated'])
      expect(owned.map(({ type }) => type)).toContain(kind);
    expect(owned.filter((row) => row.team !== 'red')).toEqual([]);

    // The same of what the API lists.
    for (const [path, name, id] of [
      ['/agents', 'agents', agent],
      ['/queues', 'queues', line.queue],
      ['/dids', 'dids', line.number],
      ['/interactions', 'interactions', interaction],
      ['/interactions', 'interactions', left.interaction],
      ['/callbacks', 'callbacks', undefined],
      ['/quality/forms', 'forms', 'call'],
      ['/quality/evaluations', 'evaluations', undefined],
    ] as const) {
      const listed = await floor.ask<Record<string, Record<string, unknown>[]>>('GET', path);
      const records = listed[name] ?? [];
      const record = records.find((one) => id === undefined || one.id === id || one.number === id);
      expect({ path, site: record?.site, team: record?.team }).toEqual({ path, site, team: 'red' });
      expect(
        records.filter((one) => one.site !== site),
        path,
      ).toEqual([]);
    }
  });
});
