// What may leave the site: presets, rules, masks, hashes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EventShape,
  hashed,
  masked,
  outgoing,
  planOf,
  policyFaults,
  policySchema,
} from '../../../server/egress/index.ts';
import type { JournalEvent } from '../../../server/journal/index.ts';

const key = Buffer.alloc(32, 7);
const shapes: EventShape[] = [
  {
    name: 'interaction.started',
    version: 1,
    fields: ['channel', 'from', 'fromName', 'did'],
    personal: ['from', 'fromName'],
  },
  { name: 'interaction.step', version: 1, fields: ['node', 'value'], personal: ['value'] },
  { name: 'customer.identity-added', version: 1, fields: ['by', 'kind', 'value'], personal: ['value'] },
  { name: 'customer.identity-verified', version: 1, fields: ['by', 'kind', 'value'], personal: ['value'] },
  { name: 'customer.identity-claimed', version: 1, fields: ['by', 'kind', 'value'], personal: ['value'] },
  { name: 'message.failed', version: 1, fields: ['message', 'reason'], personal: [] },
  { name: 'desk.disposition-set', version: 1, fields: ['disposition'], personal: [] },
  { name: 'customer.noted', version: 1, fields: ['by', 'note', 'text'], personal: ['text'] },
  { name: 'desk.popped', version: 1, fields: ['offer', 'content'], personal: ['content'] },
  { name: 'novel.thing', version: 1, fields: ['plain', 'odd'], personal: ['odd'] },
];
const event = (type: string, data: Record<string, unknown>): JournalEvent => ({
  seq: 1,
  type,
  version: 1,
  at: 1,
  site: 'hq',
  data,
});
const left = (policy: object, type: string, data: Record<string, unknown>) =>
  outgoing(event(type, data), planOf(policySchema.parse(policy), shapes), key)?.data;

describe('the egress policy', () => {
  it('masks and hashes who the customer is, and keeps what she said, by the preset of banks', () => {
    expect(
      left({}, 'interaction.started', { channel: 'voice', from: '+8613800138000', fromName: '张小明', did: '95500' }),
    ).toEqual({
      channel: 'voice',
      from: '+86138******00',
      'from#': hashed(key, 'phone', '+8613800138000'),
      fromName: '张**',
      did: '95500',
    });
    expect(left({}, 'customer.noted', { by: '1001', note: 'note_1', text: 'lost her card' })).toEqual({
      by: '1001',
      note: 'note_1',
    });
    expect(left({}, 'interaction.step', { node: 'account', value: '6222020200112233' })).toMatchObject({
      value: '622***********33',
    });
    expect(left({}, 'desk.popped', { offer: 'off_1', content: {} })).toBeUndefined();
  });

  it('gives a caller the same hash as the phone identity of the customer', () => {
    const caller = left({}, 'interaction.started', { from: '+8613800138000' });
    const customer = left({}, 'customer.identity-added', { by: 'call', kind: 'phone', value: '+8613800138000' });
    expect(caller?.['from#']).toBe(customer?.['value#']);
    const account = left({}, 'customer.identity-added', { by: 'call', kind: 'account', value: '+8613800138000' });
    expect(account?.['value#']).not.toBe(customer?.['value#']);
  });

  it('shows nothing of what is no number where a number should be', () => {
    const from = (value: string, channel = 'voice') => left({}, 'interaction.started', { channel, from: value })?.from;
    expect(from('oAbcD3fgh_xy', 'wechat')).toBe('*********_**');
    expect(from('wang.li@bank.example', 'mail')).toBe('w******@bank.example');
    expect(from('王小明')).toBe('***');
    expect(left({}, 'interaction.step', { node: 'ask', value: 'my name is Wang' })?.value).toBe('** **** ** ****');
    expect(left({}, 'interaction.step', { node: 'ask', value: '87654321' })?.value).toBe('8*****21');
  });

  it('finds a writer by the identity that her channel gives her', () => {
    const hashOf = (channel: string, from: string) => left({}, 'interaction.started', { channel, from })?.['from#'];
    expect(hashOf('wechat', 'oAbc')).toBe(hashed(key, 'wechat', 'oAbc'));
    expect(hashOf('mail', 'wang@bank.example')).toBe(hashed(key, 'mail', 'wang@bank.example'));
    expect(hashOf('sms', '+8613800138000')).toBe(hashed(key, 'phone', '+8613800138000'));
  });

  it('keeps what a machine said that may name a customer', () => {
    const failed = { message: 'msg_1', reason: '550 wang@bank.example: unknown user' };
    expect(left({}, 'message.failed', failed)).toEqual({ message: 'msg_1' });
    expect(left({ preset: 'open' }, 'message.failed', failed)).toEqual(failed);
  });

  it('lets dispositions leave, and nothing else of the desk', () => {
    expect(left({}, 'desk.disposition-set', { disposition: 'solved' })).toEqual({ disposition: 'solved' });
    expect(left({ events: { 'desk.*': 'keep' } }, 'desk.disposition-set', { disposition: 'x' })).toBeUndefined();
  });

  it('treats identities that were proved or claimed as identities', () => {
    for (const type of ['customer.identity-verified', 'customer.identity-claimed'])
      expect(left({}, type, { by: 'x', kind: 'phone', value: '+8613800138000' })?.['value#']).toBe(
        hashed(key, 'phone', '+8613800138000'),
      );
  });

  it('keeps personal fields that it does not know, and events that it does not know', () => {
    expect(left({}, 'novel.thing', { plain: 1, odd: 'x' })).toEqual({ plain: 1 });
    expect(left({ preset: 'open' }, 'novel.other', { plain: 1 })).toBeUndefined();
  });

  it('lets the longest pattern win, and a field over its event', () => {
    const policy = {
      preset: 'closed',
      events: { '*': 'keep', 'interaction.*': 'send', 'interaction.started': { from: 'mask' } },
    };
    expect(left(policy, 'interaction.started', { channel: 'voice', from: '95500123456', fromName: 'Wang Li' })).toEqual(
      {
        channel: 'voice',
        from: '955******56',
      },
    );
    expect(left(policy, 'novel.thing', { plain: 1 })).toBeUndefined();
  });

  it('sends nothing but the named fields of an event that is kept', () => {
    const policy = { events: { 'desk.*': 'keep', 'desk.popped': { offer: 'send' } } };
    expect(left(policy, 'desk.popped', { offer: 'off_1', content: { from: '1' } })).toEqual({ offer: 'off_1' });
  });

  it('overrides a grade as a whole', () => {
    expect(
      left({ grades: { C2: 'keep' } }, 'interaction.started', { channel: 'voice', from: '+8613800138000' }),
    ).toEqual({ channel: 'voice' });
  });

  it('names events and fields that do not exist', () => {
    const policy = policySchema.parse({
      events: { 'interaction.stepp': 'keep', 'interaction.step': { walue: 'keep' } },
    });
    expect(policyFaults(policy, shapes)).toEqual([
      { path: ['events', 'interaction.stepp'], sentence: 'There is no kind of event interaction.stepp.' },
      { path: ['events', 'interaction.step', 'walue'], sentence: 'interaction.step has no field walue.' },
    ]);
  });

  it('has one name per meaning: the plan’s id', () => {
    const a = planOf(policySchema.parse({}), shapes);
    expect(planOf(policySchema.parse({ preset: 'bank' }), [...shapes].reverse()).id).toBe(a.id);
    expect(planOf(policySchema.parse({ preset: 'open' }), shapes).id).not.toBe(a.id);
  });
});

describe('masks', () => {
  it('keep length and shape', () => {
    expect(masked('number', '+86 138-0013-8000')).toBe('+86 138-****-**00');
    expect(masked('number', '1234')).toBe('****');
    expect(masked('identity', 'wang.li@bank.example')).toBe('w******@bank.example');
    expect(masked('name', 'Wang Li')).toBe('W*** L*');
    expect(masked('text', 'Call 13800138000 or wang@bank.example.')).toBe('Call 138******00 or w***@bank.example.');
    expect(masked('secret', '4711')).toBe('****');
  });

  it('never show more of a number than its beginning and end', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9]{7,19}$/), (number) => {
        const shown = masked('number', number);
        expect(shown).toHaveLength(number.length);
        expect(shown.replace(/\D/g, '').length).toBeLessThanOrEqual(7);
      }),
      { seed: 42 },
    );
  });
});
