// What the ladder shows, worked out from the messages: columns of parties, and of each message what it says at a glance.
import type { SipLadder, SipLadderLeg, SipMessageView } from '../../../../server/sip-trace/index.ts';

/** A party, or Switchroom itself (`leg` undefined). */
export interface Column {
  key: string;
  leg: SipLadderLeg | undefined;
}

export type Tone = 'request' | 'progress' | 'good' | 'bad';

export interface Rung {
  message: SipMessageView;
  /** Columns, by their place from 0. */
  from: number;
  to: number;
  /** `INVITE`, or `200 OK`. */
  label: string;
  /** What a response answers: `INVITE`. */
  about: string | undefined;
  tone: Tone;
  sdp: boolean;
  /** Milliseconds since the message before; undefined for the first. */
  sinceLast: number | undefined;
  /** Since the first. */
  sinceFirst: number;
}

/** Who called stands left of Switchroom, whom it called right, engines last. */
export function columnsOf({ legs, messages }: Pick<SipLadder, 'legs' | 'messages'>): Column[] {
  const began = (leg: SipLadderLeg) => messages.find(({ callId }) => callId === leg.callId)?.way;
  const column = (leg: SipLadderLeg): Column => ({ key: leg.callId, leg });
  const media = legs.filter(({ role }) => role === 'media');
  const parties = legs.filter(({ role }) => role !== 'media');
  const left = parties.filter((leg) => began(leg) === 'in');
  const right = parties.filter((leg) => began(leg) !== 'in');
  return [...left.map(column), { key: 'switchroom', leg: undefined }, ...[...right, ...media].map(column)];
}

export function rungsOf(columns: readonly Column[], messages: readonly SipMessageView[]): Rung[] {
  const home = columns.findIndex(({ leg }) => leg === undefined);
  const [first] = messages;
  return messages.flatMap((message, at) => {
    const away = columns.findIndex(({ key }) => key === message.callId);
    if (away < 0) return [];
    const before = messages[at - 1];
    return {
      message,
      from: message.way === 'in' ? away : home,
      to: message.way === 'in' ? home : away,
      ...glance(message),
      sdp: /^(?:content-type|c)[ \t]*:[ \t]*application\/sdp/im.test(message.text),
      sinceLast: before && message.at - before.at,
      sinceFirst: message.at - (first?.at ?? message.at),
    };
  });
}

function glance({ firstLine, text }: SipMessageView): Pick<Rung, 'label' | 'about' | 'tone'> {
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(firstLine);
  if (response === null) return { label: firstLine.split(' ', 1)[0] ?? '', about: undefined, tone: 'request' };
  const [, status = '', reason = ''] = response;
  const tone: Tone = status < '200' ? 'progress' : status < '300' ? 'good' : 'bad';
  return { label: `${status} ${reason}`.trim(), about: /^cseq[ \t]*:[ \t]*\d+[ \t]+(\w+)/im.exec(text)?.[1], tone };
}

/** One line of a message for reading: the name of a header, or the letter of a line of SDP, apart from its value. */
export interface Line {
  kind: 'start' | 'header' | 'more' | 'body';
  name: string;
  rest: string;
}

export function linesOf(text: string): Line[] {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end + 4);
  const [start = '', ...headers] = head.split('\r\n');
  const lines: Line[] = [{ kind: 'start', name: '', rest: start }];
  for (const line of headers) {
    const colon = /^[ \t]/.test(line) ? -1 : line.indexOf(':');
    if (colon < 0) lines.push({ kind: 'more', name: '', rest: line });
    else lines.push({ kind: 'header', name: line.slice(0, colon), rest: line.slice(colon) });
  }
  if (body === '') return lines;
  lines.push({ kind: 'more', name: '', rest: '' });
  for (const line of body.replace(/\r\n$/, '').split('\r\n')) {
    const field = /^[a-z](?==)/.exec(line)?.[0] ?? '';
    lines.push({ kind: 'body', name: field, rest: line.slice(field.length) });
  }
  return lines;
}

/** `+0.012 s`, `+4.2 s`, `+1:05`. */
export function delta(ms: number): string {
  if (ms < 1_000) return `+${Math.round(ms)} ms`;
  if (ms < 60_000) return `+${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  return `+${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
