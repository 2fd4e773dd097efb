// The fold of a contact gives the figures of the site's own record.
import { describe, expect, it } from 'vitest';
import { type Contact, fold, forgetWho, identityOf, newContact } from '../../../cloud/contact.ts';
import { emptyRecord, foldInteraction } from '../../../server/customers/interaction-record.ts';
import type { OutgoingEvent } from '../../../uplink/index.ts';

type Step = [type: string, at: number, data?: Record<string, unknown>, agent?: string];

const hash = `h1:${'a'.repeat(22)}`;

function both(steps: Step[]) {
  const events = steps.map(
    ([type, at, data = {}, agent], index): OutgoingEvent => ({
      seq: index + 1,
      at,
      type: type.includes('.') ? type : `interaction.${type}`,
      version: 1,
      interaction: 'int_1',
      queue: 'service',
      agent,
      data,
    }),
  );
  const contact = newContact('hq', events[0] as OutgoingEvent);
  const folding = emptyRecord({ ...(events[0] as OutgoingEvent), site: 'hq' });
  for (const event of events) {
    fold(contact, event);
    // As between two batches.
    Object.assign(contact, JSON.parse(JSON.stringify(contact)) as Contact);
    foldInteraction(folding, { ...event, site: 'hq' });
  }
  return { contact, record: folding.record };
}

const lives: Record<string, Step[]> = {
  'a transfer to a second agent, with a hold': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['answered', 1_100, { offer: 'o1' }, '1001'],
    ['held', 2_000, {}, '1001'],
    ['resumed', 3_000, {}, '1001'],
    ['talk-ended', 5_100, {}, '1001'],
    ['queued', 5_200],
    ['answered', 6_200, { offer: 'o2' }, '1002'],
    ['ended', 9_200, { where: 'talk', by: 'customer' }],
    ['desk.disposition-set', 9_500, { disposition: 'solved' }, '1002'],
  ],
  'gives up while it waits': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['queue-left', 4_100, { why: 'abandoned', waitMs: 4_000 }],
    ['ended', 4_100, { where: 'queue', by: 'customer' }],
  ],
  'gives up while a phone rings': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['ended', 4_100, { where: 'ringing', by: 'customer' }],
  ],
  'is called back': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['queue-left', 4_100, { why: 'callback', waitMs: 4_000 }],
    ['ended', 5_000, { where: 'ivr', by: 'flow' }],
  ],
  'overflows to a number outside': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['queue-left', 4_100, { why: 'overflow', waitMs: 4_000 }],
    ['transferred', 4_200, { kind: 'number' }],
    ['ended', 90_000, { where: 'transfer', by: 'customer' }],
  ],
  'the network ends it': [
    ['started', 0, { channel: 'voice', direction: 'in' }],
    ['queued', 100],
    ['ended', 900, { where: 'queue', by: 'network' }],
  ],
  'a chat with two agents at once': [
    ['started', 0, { channel: 'chat', direction: 'in' }],
    ['queued', 0],
    ['answered', 500, {}, '1001'],
    ['answered', 800, {}, '1002'],
    ['talk-ended', 1_000, {}, '1001'],
    ['ended', 2_000, { where: 'talk', by: 'agent' }],
  ],
};

describe('a contact in the cloud', () => {
  for (const [life, steps] of Object.entries(lives))
    it(`has the figures of the site: ${life}`, () => {
      const { contact, record } = both(steps);
      expect({
        wait: contact.wait_ms ?? 0,
        talk: contact.talk_ms ?? 0,
        abandoned: contact.abandoned,
        agent: contact.agent ?? undefined,
        disposition: contact.disposition ?? undefined,
        ended: contact.ended_at,
        open: contact.talks,
      }).toEqual({
        wait: record.waitMs,
        talk: record.talkMs,
        abandoned: record.outcome === 'abandoned',
        agent: record.agent,
        disposition: record.disposition,
        ended: record.endedAt,
        open: [],
      });
    });

  it('does not learn again who it was with, after she was erased', () => {
    const event = { seq: 1, at: 0, type: 'interaction.started', version: 1, interaction: 'int_1', customer: 'cus_1' };
    const contact = newContact('hq', { ...event, data: {} });
    fold(contact, { ...event, data: { from: '+86138******00', 'from#': hash } });
    expect(contact).toMatchObject({ customer: 'cus_1', identities: [hash] });
    forgetWho(contact);
    fold(contact, { ...event, type: 'interaction.ended', data: { where: 'talk' } });
    fold(contact, { ...event, data: { 'from#': hash } });
    expect(contact).toMatchObject({ customer: null, identities: [] });
  });

  it('takes for a hash only what is one', () => {
    expect(identityOf({ 'value#': hash, value: 'x' }, 'value')).toBe(hash);
    expect(identityOf({ value: `h1:${'a'.repeat(4_000)}` }, 'value')).toBeUndefined();
    expect(identityOf({ value: 'h1:\0' }, 'value')).toBeUndefined();
  });
});
