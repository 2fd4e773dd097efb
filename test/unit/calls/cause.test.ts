import { afterEach, expect, it } from 'vitest';
import { CallLog } from '../../../server/calls/call-log.ts';
import { openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
afterEach(() => site.close());

it('keeps what the far side says short, and numbers out of what cannot be erased', async () => {
  site = openSite();
  const { journal, clock, directory } = site;
  const facts = { interaction: 'int_a', direction: 'in', callId: 'c', to: '95500', toDialled: '95500' } as const;
  const log = new CallLog({ journal, clock, directory }, { ...facts, language: 'en', startedAt: clock.now() });
  const said = (cause: string) => log.ended('talking', 'customer', cause, 404);
  said('Subscriber +8613800138000 has moved to 02088886666');
  said('x'.repeat(60_000));
  said('SIP;cause=200;text="Call completed elsewhere"');
  said('ended by token:0123456789012345');
  await journal.append([]);
  expect(journal.read(0).map(({ data }) => data.cause)).toEqual([
    'Subscriber … has moved to …',
    'x'.repeat(100),
    'SIP;cause=200;text="Call completed elsewhere"',
    'ended by token:0123456789012345',
  ]);
});
