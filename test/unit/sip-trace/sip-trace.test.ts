import { describe, expect, it } from 'vitest';
import type { WireTraced } from '../../../link/index.ts';
import type { JournalEvent } from '../../../server/journal/index.ts';
import { LegCallIds } from '../../../server/signaling/index.ts';
import { SipTrace } from '../../../server/sip-trace/index.ts';

const traced = (more: Partial<WireTraced>): WireTraced => ({
  at: 1,
  way: 'in',
  protocol: 'udp',
  localAddress: '192.0.2.1',
  localPort: 5060,
  remoteAddress: '192.0.2.9',
  remotePort: 5070,
  callId: 'a',
  bytes: 'INVITE sip:1@h SIP/2.0\r\nCall-ID: a\r\n\r\n',
  ...more,
});

function open(messages: WireTraced[], { capabilities = ['trace'], events = [] as Partial<JournalEvent>[] } = {}) {
  const callIds = new LegCallIds();
  const asked: unknown[] = [];
  const trace = new SipTrace({
    link: {
      welcome: { hello: 1, edge: 'edg_1', version: '0', capabilities, from: 1 },
      request: async <Ok>(name: string, body: unknown) => {
        asked.push([name, body]);
        return { messages, truncated: false, since: 1 } as Ok;
      },
    },
    callIds,
    journal: { ofInteraction: () => events as JournalEvent[] },
  });
  return { trace, callIds, asked };
}

describe('the ladder of a contact', () => {
  it('asks for all of its legs: those seen, and those that the journal knows from an earlier server', async () => {
    const events: Partial<JournalEvent>[] = [
      { type: 'interaction.started', data: { callId: 'a' } },
      { type: 'call.leg-ended', data: { role: 'agent', sipCallId: 'b' }, agent: '1001' },
      { type: 'call.leg-ended', data: { role: 'far', sipCallId: 'c' } },
    ];
    const { trace, callIds, asked } = open([], { events });
    callIds.note('int_1', { callId: 'b', role: 'agent', agent: '1001' });
    callIds.note('int_1', { callId: 'rang-only', role: 'agent', agent: '1002' });
    callIds.note('int_2', { callId: 'another', role: 'caller' });
    await trace.ladder('int_1');
    expect(asked).toEqual([['trace.read', { callIds: ['b', 'rang-only', 'a', 'c'] }]]);
    expect(trace.legsOf('int_1').find(({ callId }) => callId === 'b')).toMatchObject({ role: 'agent', agent: '1001' });
  });

  it('marks what passed before, the same way and to the same place', async () => {
    const answer = traced({ way: 'out', at: 3, bytes: 'SIP/2.0 200 OK\r\nCall-ID: a\r\n\r\n' });
    const { trace } = open([traced({}), traced({ at: 2 }), answer, traced({ at: 4, remotePort: 9 }), answer]);
    const { messages } = await trace.ladder('int_1');
    expect(messages.map(({ retransmission }) => retransmission)).toEqual([false, true, false, false, true]);
    expect(messages[0]).toMatchObject({
      from: '192.0.2.9:5070',
      to: '192.0.2.1:5060',
      firstLine: 'INVITE sip:1@h SIP/2.0',
    });
    expect(messages[2]).toMatchObject({ from: '192.0.2.1:5060', to: '192.0.2.9:5070', firstLine: 'SIP/2.0 200 OK' });
  });

  it('shows names in UTF-8, and IPv6 in brackets', async () => {
    const bytes = Buffer.from('INVITE sip:1@h SIP/2.0\r\nFrom: "陈静" <sip:1@h>\r\n\r\n').toString('latin1');
    const { trace, callIds } = open([
      traced({ bytes, protocol: 'tcp', remoteAddress: '2001:db8::9', localAddress: '::' }),
    ]);
    callIds.note('int_1', { callId: 'a', role: 'caller' });
    const { messages, legs } = await trace.ladder('int_1');
    expect(messages[0]?.text).toContain('陈静');
    expect(legs).toEqual([{ callId: 'a', role: 'caller', agent: undefined, address: 'tcp/[2001:db8::9]:5070' }]);
  });

  it('says that there is none where the SIP server keeps none', async () => {
    const { trace } = open([], { capabilities: ['adoption', 'media'] });
    await expect(trace.ladder('int_1')).rejects.toMatchObject({ code: 'sip-trace-absent' });
    const none = new SipTrace({ link: undefined, callIds: new LegCallIds(), journal: { ofInteraction: () => [] } });
    await expect(none.messages('int_1')).rejects.toMatchObject({ code: 'sip-trace-absent' });
  });
});

describe('the memory of Call-IDs', () => {
  it('keeps each once, and forgets the oldest contacts', () => {
    const callIds = new LegCallIds();
    for (let i = 0; i < 5_002; i++) callIds.note(`int_${i}`, { callId: `c${i}`, role: 'caller' });
    callIds.note('int_5001', { callId: 'c5001', role: 'caller' });
    expect(callIds.of('int_0')).toEqual([]);
    expect(callIds.of('int_2')).toHaveLength(1);
    expect(callIds.of('int_5001')).toHaveLength(1);
  });
});
