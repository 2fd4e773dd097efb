import { pino } from 'pino';
import { expect, test } from 'vitest';
import { KnownPeople, type Told } from '../../../../sidecar/channels/provider/index.ts';
import { ProviderClock } from '../../../simulators/provider-server.ts';

function setUp(answers: (id: string) => Told) {
  const facts = new Map<string, string>();
  const clock = new ProviderClock();
  const asked: string[] = [];
  const memory = {
    get: (key: string) => facts.get(key),
    // A profile is kept as long as what came.
    set: (key: string, value: string, about?: { came: true }) => {
      expect(about).toEqual({ came: true });
      facts.set(key, value);
    },
  };
  const people = new KnownPeople({ memory, clock, logger: pino({ level: 'silent' }) }, async (id) => {
    asked.push(id);
    return answers(id);
  });
  return { people, clock, asked };
}

test('asked once a week for each', async () => {
  const { people, clock, asked } = setUp((id) => ({ ok: true, found: { unionid: `u-${id}` } }));
  expect(await people.about('a')).toEqual({ unionid: 'u-a' });
  expect(await people.about('a')).toMatchObject({ unionid: 'u-a' });
  expect(await people.about('b')).toEqual({ unionid: 'u-b' });
  clock.pass(8 * 86_400_000);
  await people.about('a');
  expect(asked).toEqual(['a', 'b', 'a']);
});

test('away: nobody is asked for half a minute; what was known stays known', async () => {
  let away = false;
  const { people, clock, asked } = setUp(() =>
    away ? { ok: false, reason: 'ECONNREFUSED' } : { ok: true, found: { name: 'Ann' } },
  );
  await people.about('a');
  clock.pass(8 * 86_400_000);
  away = true;
  expect(await people.about('a')).toMatchObject({ name: 'Ann' });
  expect(await people.about('b')).toEqual({});
  expect(await people.about('c')).toEqual({});
  expect(asked).toEqual(['a', 'a']);
  away = false;
  clock.pass(31_000);
  expect(await people.about('b')).toEqual({ name: 'Ann' });
});

test('refused: not of this customer for an hour, of others still', async () => {
  const { people, clock, asked } = setUp(() => ({ ok: false, errcode: 40003, reason: 'invalid openid' }));
  await people.about('a');
  await people.about('a');
  await people.about('b');
  clock.pass(3_601_000);
  await people.about('a');
  expect(asked).toEqual(['a', 'b', 'a']);
});
