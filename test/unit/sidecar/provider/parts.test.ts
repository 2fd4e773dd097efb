import { expect, test } from 'vitest';
import { rememberMenu, sendParts, shortKey, takeChoice } from '../../../../sidecar/channels/provider/index.ts';
import type { Sent } from '../../../../sidecar/connector.ts';

function memory() {
  const facts = new Map<string, string>();
  return {
    facts,
    get: (key: string) => facts.get(key),
    set: (key: string, value: string) => void facts.set(key, value),
  };
}

test('a message in parts: what has gone does not go again when a later part fails', async () => {
  const kept = memory();
  const gone: string[] = [];
  let fails = true;
  const part = (name: string) => async (): Promise<Sent> => {
    if (name === 'two' && fails) return { ok: false, code: 'busy', reason: 'later', again: true };
    gone.push(name);
    return { ok: true, provider: name };
  };
  const parts = ['one', 'two', 'three'].map(part);
  expect(await sendParts(kept, 'm', parts)).toMatchObject({ ok: false, code: 'busy' });
  fails = false;
  expect(await sendParts(kept, 'm', parts)).toMatchObject({ ok: true, provider: 'three' });
  expect(gone).toEqual(['one', 'two', 'three']);
});

test('a number answers the last menu once; another text has done with it', () => {
  const kept = memory();
  const choices = [
    { key: 'cards', label: '银行卡' },
    { key: 'loans', label: 'Loans' },
  ];
  rememberMenu(kept, 'a', choices);
  expect(takeChoice(kept, 'a', '２')).toEqual({ type: 'choice', key: 'loans', label: 'Loans' });
  expect(takeChoice(kept, 'a', '2')).toBeUndefined();
  rememberMenu(kept, 'a', choices);
  expect(takeChoice(kept, 'b', '1')).toBeUndefined();
  expect(takeChoice(kept, 'a', 'I lost my card')).toBeUndefined();
  expect(takeChoice(kept, 'a', '1')).toBeUndefined();
  rememberMenu(kept, 'a', choices);
  expect(takeChoice(kept, 'a', '银行卡')).toEqual({ type: 'choice', key: 'cards', label: '银行卡' });
});

test('long keys stay different', () => {
  const long = 'x'.repeat(300);
  expect(shortKey(`${long}1`)).not.toBe(shortKey(`${long}2`));
  expect(shortKey(long).length).toBeLessThanOrEqual(200);
  expect(shortKey('short')).toBe('short');
});
