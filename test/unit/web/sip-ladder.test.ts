import { describe, expect, it } from 'vitest';
import type { SipMessageView } from '../../../server/sip-trace/index.ts';
import { columnsOf, delta, linesOf, rungsOf } from '../../../web/src/admin/sip/ladder-model.ts';

const message = (callId: string, way: 'in' | 'out', firstLine: string, at: number, more = ''): SipMessageView => ({
  at,
  way,
  transport: 'udp',
  from: '',
  to: '',
  callId,
  firstLine,
  text: `${firstLine}\r\nCSeq: 1 INVITE\r\n${more}\r\n`,
  retransmission: false,
});
const legs = [
  { callId: 'agent', role: 'agent' as const, agent: '1001' },
  { callId: 'engine', role: 'media' as const },
  { callId: 'far', role: 'far' as const },
  { callId: 'caller', role: 'caller' as const },
];
const messages = [
  message('caller', 'in', 'INVITE sip:1@h SIP/2.0', 1_000, 'Content-Type: application/sdp\r\n'),
  message('agent', 'out', 'INVITE sip:2@h SIP/2.0', 1_250),
  message('agent', 'in', 'SIP/2.0 486 Busy Here', 3_250),
  message('caller', 'out', 'SIP/2.0 180 Ringing', 3_260),
  message('caller', 'out', 'SIP/2.0 200 OK', 3_270),
  message('far', 'out', 'INVITE sip:3@h SIP/2.0', 3_280),
];

describe('the ladder', () => {
  it('puts who called left of Switchroom, whom it called right, engines last', () => {
    const columns = columnsOf({ legs, messages });
    expect(columns.map(({ key }) => key)).toEqual(['caller', 'switchroom', 'agent', 'far', 'engine']);
  });

  it('says of each message where it goes, what it is and how long it took', () => {
    const columns = columnsOf({ legs, messages });
    const rungs = rungsOf(columns, messages);
    expect(
      rungs.map(({ from, to, label, about, tone, sdp, sinceLast }) => [from, to, label, about, tone, sdp, sinceLast]),
    ).toEqual([
      [0, 1, 'INVITE', undefined, 'request', true, undefined],
      [1, 2, 'INVITE', undefined, 'request', false, 250],
      [2, 1, '486 Busy Here', 'INVITE', 'bad', false, 2_000],
      [1, 0, '180 Ringing', 'INVITE', 'progress', false, 10],
      [1, 0, '200 OK', 'INVITE', 'good', false, 10],
      [1, 3, 'INVITE', undefined, 'request', false, 10],
    ]);
    expect(rungs.at(-1)?.sinceFirst).toBe(2_280);
  });

  it('leaves no message out whose line is empty of a reason', () => {
    const [rung] = rungsOf(columnsOf({ legs, messages }), [message('caller', 'in', 'SIP/2.0 200 ', 1)]);
    expect(rung).toMatchObject({ label: '200', tone: 'good' });
  });

  it('takes a message apart for reading without losing a character', () => {
    const text = 'INVITE sip:1@h SIP/2.0\r\nVia: a:b\r\n c\r\nl: 5\r\n\r\nv=0\r\na=x:y\r\n';
    const lines = linesOf(text);
    expect(lines.map(({ kind, name }) => [kind, name])).toEqual([
      ['start', ''],
      ['header', 'Via'],
      ['more', ''],
      ['header', 'l'],
      ['more', ''],
      ['body', 'v'],
      ['body', 'a'],
    ]);
    expect(lines.map(({ name, rest }) => `${name}${rest}\r\n`).join('')).toBe(text);
  });

  it.each([
    [12.4, '+12 ms'],
    [4_240, '+4.2 s'],
    [65_000, '+1:05'],
  ])('%d ms later is %s', (ms, text) => {
    expect(delta(ms)).toBe(text);
  });
});
