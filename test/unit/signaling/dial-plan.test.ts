import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDid, resolveDialled, trunkUri } from '../../../server/signaling/dial-plan.ts';
import { Trunks } from '../../../server/signaling/trunks.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
beforeEach(async () => {
  site = openSite();
  const { directory } = site;
  const at = { site: 'hq' };
  await directory.trunks.put(
    {
      ...at,
      name: 'carrier',
      sources: ['192.0.2.0/24', '2001:db8::/32'],
      uri: 'sip:gw.example:5070;transport=tcp',
      country: 'CN',
    },
    't',
  );
  await directory.trunks.put(
    { ...at, name: 'inside', sources: ['192.0.2.128/25', '198.51.100.7'], country: 'CN', maxCalls: 1 },
    't',
  );
  await directory.dids.put({ ...at, number: '+862195500', flow: 'bank', language: 'zh' }, 't');
  await directory.dids.put({ ...at, number: '95500', flow: 'bank', language: 'zh' }, 't');
  await directory.dialRules.put({ prefix: '+86', trunk: 'carrier', strip: 2, prepend: '0', allow: true }, 't');
  await directory.dialRules.put({ prefix: '+8690', trunk: 'carrier', strip: 0, prepend: '', allow: false }, 't');
  await directory.dialRules.put({ prefix: '8', trunk: 'carrier', strip: 1, prepend: '', allow: true }, 't');
  await directory.dialRules.put({ prefix: '7', trunk: 'inside', strip: 0, prepend: '', allow: true }, 't');
});
afterEach(() => site.close());

describe('what was dialled', () => {
  test.each([
    ['95500', { kind: 'did', did: { number: '95500' } }],
    ['+86 21 95500', { kind: 'did', did: { number: '+862195500' } }],
    ['138-0013-8000', { kind: 'number', number: '013800138000', e164: '+8613800138000', emergency: false }],
    ['+8613800138000', { kind: 'number', number: '013800138000' }],
    ['812345', { kind: 'number', number: '12345' }],
    ['712345', { kind: 'refused', why: 'no-route' }],
    ['+442079460000', { kind: 'refused', why: 'no-route' }],
    ['+869012345678', { kind: 'refused', why: 'not-allowed' }],
    ['', { kind: 'refused', why: 'unknown' }],
    ['nobody', { kind: 'refused', why: 'unknown' }],
    ['1;x=y@evil', { kind: 'refused', why: 'unknown' }],
  ])('%s', (dialled, expected) => {
    expect(resolveDialled(site.directory, dialled)).toMatchObject(expected);
  });

  test('an agent dials only the classes that she may; colleagues, slots and emergencies always', async () => {
    const { directory } = site;
    await directory.dialRules.put(
      { prefix: '+44', trunk: 'carrier', strip: 0, prepend: '', allow: true, class: 'international' },
      't',
    );
    const abroad = '+442079460000';
    expect(resolveDialled(directory, abroad)).toMatchObject({ kind: 'number' });
    expect(resolveDialled(directory, abroad, {})).toMatchObject({ kind: 'number' });
    expect(resolveDialled(directory, abroad, { dialClasses: ['international'] })).toMatchObject({ kind: 'number' });
    const confined = { dialClasses: ['national'] };
    expect(resolveDialled(directory, abroad, confined)).toEqual({ kind: 'refused', why: 'not-allowed' });
    // A rule without a class is everybody's.
    expect(resolveDialled(directory, '812345', confined)).toMatchObject({ kind: 'number' });
    expect(resolveDialled(directory, '*701', confined)).toEqual({ kind: 'slot', slot: '701' });
    expect(resolveDialled(directory, directory.emergencyNumbers[0]!, confined)).toMatchObject({ emergency: true });
  });

  test('emergency numbers pass by the first trunk that leads outside, even where a rule forbids all', async () => {
    await site.directory.dialRules.put({ prefix: '1', trunk: 'inside', strip: 0, prepend: '', allow: false }, 't');
    for (const number of site.directory.emergencyNumbers) {
      expect(resolveDialled(site.directory, number)).toMatchObject({
        kind: 'number',
        number,
        emergency: true,
        trunk: { name: 'carrier' },
      });
    }
    expect(site.directory.emergencyNumbers).toContain('110');
  });
});

test('a DID is found as delivered and in E.164, with and without plus', () => {
  expect(findDid(site.directory, '02195500', 'CN')?.number).toBe('+862195500');
  expect(findDid(site.directory, '862195500', 'CN')?.number).toBe('+862195500');
  expect(findDid(site.directory, '12345', 'CN')).toBeUndefined();
});

test('the Request-URI keeps the port and the transport of the trunk', () => {
  expect(trunkUri(site.directory.trunks.get('carrier')!, '010')).toBe('sip:010@gw.example:5070;transport=tcp');
});

describe('trunks by source', () => {
  test.each([
    ['192.0.2.1', 'carrier'],
    ['192.0.2.129', 'inside'],
    ['::ffff:192.0.2.1', 'carrier'],
    ['2001:DB8::5', 'carrier'],
    ['198.51.100.7', 'inside'],
    ['198.51.100.8', undefined],
    ['', undefined],
    ['nonsense', undefined],
  ])('%s', (address, name) => {
    expect(new Trunks(site.directory, logger).bySource(address)?.name).toBe(name);
  });

  test('follow a change of the directory', async () => {
    const trunks = new Trunks(site.directory, logger);
    await site.directory.trunks.put({ name: 'new', site: 'hq', sources: ['203.0.113.1'], country: 'CN' }, 't');
    expect(trunks.bySource('203.0.113.1')?.name).toBe('new');
    await site.directory.trunks.remove('new', 't');
    expect(trunks.bySource('203.0.113.1')).toBeUndefined();
  });

  test('places are taken and given back', () => {
    const trunks = new Trunks(site.directory, logger);
    const inside = site.directory.trunks.get('inside')!;
    expect([trunks.enter(inside), trunks.enter(inside)]).toEqual([true, false]);
    trunks.leave('inside');
    expect(trunks.counts().size).toBe(0);
    expect(trunks.enter(inside)).toBe(true);
  });
});
