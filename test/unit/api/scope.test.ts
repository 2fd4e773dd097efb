import { expect, it } from 'vitest';
import { maskedFor } from '../../../server/api/scope.ts';
import type { InteractionRecord } from '../../../server/customers/index.ts';
import type { Principal } from '../../../server/directory/index.ts';

const principal = (role: 'agent' | 'supervisor'): Principal => ({
  kind: 'token',
  by: 'token:1',
  name: 'x',
  roles: [role],
  site: 'hq',
});

it('shows agents no whole number, also not the one that a call was transferred to', () => {
  const number = '+8613800138000';
  const record = {
    from: number,
    to: '95500',
    parties: [],
    transfers: [
      { at: 1, kind: 'number', to: number },
      { at: 2, kind: 'queue', to: 'service-for-loans' },
    ],
  } as unknown as InteractionRecord;
  const masked = maskedFor(principal('agent'), record);
  expect(JSON.stringify(masked)).not.toContain(number);
  expect(masked.transfers.map(({ to }) => to)).toEqual(['+86138****8000', 'service-for-loans']);
  expect(maskedFor(principal('supervisor'), record)).toBe(record);
  expect(record.transfers[0]?.to).toBe(number);
});
