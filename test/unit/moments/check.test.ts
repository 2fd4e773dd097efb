import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { readMoment } from '../../../server/moments/check.ts';
import { happened, passed, type UsedMoment } from '../../../server/moments/evaluate.ts';
import { momentTest, openMomentStore } from '../../../server/moments/index.ts';
import { emptyState } from '../../../server/moments/state.ts';
import { momentSchemaFiles } from '../../../tools/make-schemas.ts';
import { logger } from '../directory/site.ts';

const text = (more: object) =>
  JSON.stringify(
    { moment: 'm', rank: 1, class: 'minutes', when: { event: 'x' }, do: [{ signal: 's' }], ...more },
    null,
    1,
  );
const findings = (more: object, context = {}) =>
  readMoment(text(more), 'm.json', context).findings.map(({ code, line, sentence }) => `${line} ${code}: ${sentence}`);

it('says what is wrong, and where', () => {
  expect(findings({})).toEqual([]);
  expect(findings({ moment: 'n' })[0]).toMatch(/^2 name-differs/);
  expect(findings({ rank: 200 })[0]).toMatch(/^3 value-wrong/);
  expect(findings({ whne: {} })[0]).toMatch(/key-unknown: .*Did you mean "when"/);
  expect(findings({ when: { event: 'x', count: 2, within: '5x' } }).join()).toMatch(/value-wrong: .*30m/);
  expect(findings({ do: [{ callback: { queue: 'q' } }] }, { queues: ['service'] })[0]).toMatch(/queue-unknown: .*"q"/);
  expect(findings({ do: [{ route: { skills: { a: 2 } } }] }, { skills: [] })[0]).toMatch(/skill-unknown/);
  expect(findings({ do: [{ route: {} }] })[0]).toMatch(/key-missing/);
  expect(findings({ do: [{ hint: { en: 'a' } }, { hint: { en: 'b' } }] })[0]).toMatch(/second hint/);
  expect(findings({ do: [{ message: { en: 'Hello {customer.name}', zh: '您好' } }] })).toEqual([
    '11 value-wrong: {customer.name} needs what is said where it is not known: {customer.name|…}.',
    '10 value-wrong: The two languages do not put in the same: customer.name in en, nothing in zh.',
  ]);
  expect(
    findings({
      when: { event: 'x', without: { event: 'y' }, within: '5m' },
      do: [{ hint: { en: '{event.sum|}' } }],
    }).join(),
  ).toMatch(/time passed: \{event.sum\} is never known/);
  expect(readMoment('{ "moment": ', 'm.json').findings).toMatchObject([{ code: 'json-syntax', line: 1 }]);
});

it('passes the tests of the shipped moments', async () => {
  const { ok, lines, rows } = await momentTest(path.join(import.meta.dirname, '../../../moments'));
  expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
  expect(ok).toBe(true);
  expect(rows.length).toBeGreaterThan(12);
});

it('says what a failing test of a moment found', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'moments-'));
  writeFileSync(path.join(folder, 'm.json'), text({}));
  const steps = [{ event: 'x', expect: ['tag'] }];
  writeFileSync(path.join(folder, 'm.test.json'), JSON.stringify({ moment: 'm', tests: [{ name: 'a', steps }] }));
  const { ok, rows } = await momentTest(folder);
  expect(ok).toBe(false);
  expect(rows).toMatchObject([{ wrong: 'Step 1: expected tag, but there was signal.' }]);
  rmSync(folder, { recursive: true });
});

it('keeps the old version in use while a file has errors', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'moments-'));
  const file = path.join(folder, 'm.json');
  writeFileSync(file, text({}));
  const store = await openMomentStore({ folder, context: () => ({}), watch: false, log: logger });
  writeFileSync(file, text({ rank: 'high' }));
  await store.reload();
  expect(store.statuses).toMatchObject([{ moment: 'm', state: 'kept' }]);
  expect(store.current[0]?.moment.rank).toBe(1);
  writeFileSync(file, text({ rank: 7 }));
  await store.reload();
  expect(store.current[0]?.moment.rank).toBe(7);
  writeFileSync(file, text({ disabled: true }));
  await store.reload();
  expect(store.current).toEqual([]);
  await store.close();
  rmSync(folder, { recursive: true });
});

it('has no moments where there is no folder, says nothing of it, and watches it once it is there', async () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'moments-')), 'moments');
  const warned = vi.spyOn(logger, 'warn');
  const store = await openMomentStore({ folder, context: () => ({}), debounceMs: 1, log: logger });
  expect(store.current).toEqual([]);
  expect(warned).not.toHaveBeenCalled();
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'm.json'), text({}));
  await store.reload();
  expect(store.current).toHaveLength(1);
  const loaded = new Promise<void>((resolve) => {
    store.on('loaded', (moments) => moments[0]?.moment.rank === 7 && resolve());
  });
  writeFileSync(path.join(folder, 'm.json'), text({ rank: 7 }));
  await loaded;
  await store.close();
  rmSync(path.dirname(folder), { recursive: true });
});

it('keeps a state small, whatever comes', () => {
  const used: UsedMoment[] = ['a', 'b'].flatMap((event) => {
    const read = readMoment(
      text({ moment: event, when: { sequence: [{ event, count: 9 }, { event: 'z' }], within: '1h' } }),
      `${event}.json`,
    ).used;
    return read ? [read] : [];
  });
  expect(used).toHaveLength(2);
  const rules = { mostPerDay: 1, timeZone: 'UTC', consentNeeded: [] };
  let state = emptyState();
  for (let now = 0; now < 10_000; now += 10) {
    const fact = { event: now % 20 ? 'a' : 'b', at: now, data: {} };
    ({ state } = happened(used, state, fact, { now, tags: [], consents: [], rules }));
  }
  expect(JSON.stringify(state).length).toBeLessThan(1_500);
  ({ state } = passed(used, state, { now: 10_000_000, tags: [], consents: [], rules }));
  expect(state).toEqual(emptyState());
});

it.each(momentSchemaFiles())(
  '$name is what the code says; else run tools/make-schemas.ts',
  ({ name, text: wanted }) => {
    expect(readFileSync(path.join(import.meta.dirname, '../../../moments', name), 'utf8')).toBe(wanted);
  },
);
