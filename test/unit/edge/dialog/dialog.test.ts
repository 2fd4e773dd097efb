import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readAppText } from '../../../../edge/drachtio/app-text.ts';
import { newRequest } from '../../../../edge/drachtio/new-request.ts';
import { Registrations } from '../../../../edge/drachtio/registrations.ts';
import { AckWait } from '../../../../edge/sip/dialog/ack-wait.ts';
import { ReliableProvisionals } from '../../../../edge/sip/dialog/reliable-provisionals.ts';
import { readSessionExpires, SessionTimer } from '../../../../edge/sip/dialog/session-timer.ts';
import { standardTimes } from '../../../../edge/sip/dialog/user.ts';
import { destinationOf, type Listener, SipMessage, uriOf } from '../../../../edge/sip/index.ts';

describe('where a URI points', () => {
  test.each([
    ['sip:a@10.0.0.1', { protocol: 'udp', host: '10.0.0.1', port: 5060 }],
    ['sip:a@10.0.0.1:5070;transport=TCP', { protocol: 'tcp', host: '10.0.0.1', port: 5070 }],
    ['sip:a@x.example;maddr=10.0.0.9', { protocol: 'udp', host: '10.0.0.9', port: 5060 }],
    ['sip:[2001:db8::1]:5071', { protocol: 'udp', host: '2001:db8::1', port: 5071 }],
    ['sips:a@10.0.0.1', { protocol: 'tls', host: '10.0.0.1', port: 5061 }],
    ['sips:a@10.0.0.1;transport=ws', { protocol: 'wss', host: '10.0.0.1', port: 5060 }],
    ['sips:a@10.0.0.1;transport=udp', undefined],
    ['sip:a@10.0.0.1;transport=TLS', { protocol: 'tls', host: '10.0.0.1', port: 5061 }],
    ['sip:a@10.0.0.1;transport=sctp', undefined],
    ['tel:+49123', undefined],
    ['sip:a@10.0.0.1;transport=ws', { protocol: 'ws', host: '10.0.0.1', port: 5060 }],
    ['no uri', undefined],
  ])('%s', (uri, expected) => {
    expect(destinationOf(uri)).toEqual(expected);
  });

  test('the URI of a name-addr', () => {
    expect(uriOf('"A; <b>" <sip:a@x;lr>;p=1')).toBe('sip:a@x;lr');
    expect(uriOf('<sip:a@x;lr>;p=1')).toBe('sip:a@x;lr');
    expect(uriOf('sip:a@x;p=1')).toBe('sip:a@x');
    for (const broken of ['"never closed <sip:a@x>', '<sip:a@x', '', ';;', '"'])
      expect(typeof uriOf(broken)).toBe('string');
  });
});

describe('Session-Expires', () => {
  test.each([
    ['1800', { seconds: 1800, refresher: undefined }],
    ['90;refresher=uas', { seconds: 90, refresher: 'uas' }],
    ['90 ; Refresher = UAC', { seconds: 90, refresher: 'uac' }],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (value, expected) => {
    expect(readSessionExpires(value)).toEqual(expected);
  });
});

describe('timers', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a 2xx is repeated at 0.5, 1, 2, 4, 4 … s and given up after 32 s', () => {
    const at: number[] = [];
    let lost = 0;
    new AckWait(
      1,
      'x',
      standardTimes,
      () => at.push(performance.now()),
      () => lost++,
    );
    const start = performance.now();
    vi.advanceTimersByTime(31_999);
    expect(at.map((ms) => (ms - start) / 1000)).toEqual([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    expect(lost).toBe(0);
    vi.advanceTimersByTime(1);
    expect(lost).toBe(1);
  });

  test('reliable provisionals go one by one, and a 2xx after them', () => {
    const sent: string[] = [];
    let dropped = 0;
    const queue = new ReliableProvisionals(standardTimes, () => sent.push('given up'));
    const invite = SipMessage.parse(
      'INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\n\r\n',
    );
    const [first, second, final] = [183, 180, 200].map((status) => SipMessage.response(invite, status)) as [
      SipMessage,
      SipMessage,
      SipMessage,
    ];
    const drop = (): number => dropped++;
    queue.add(first, () => sent.push('first'), drop);
    queue.add(second, () => sent.push('second'), drop);
    queue.addFinal(final, () => sent.push('final'), drop);
    const rseq = (message: SipMessage): number => Number(message.headers.get('RSeq'));
    expect(rseq(second)).toBe(rseq(first) + 1);
    expect(sent).toEqual(['first']);
    vi.advanceTimersByTime(1_600);
    expect(sent).toEqual(['first', 'first', 'first']);
    expect(queue.acknowledges(`${rseq(first)} 7 INVITE`, 8)).toBe(false);
    expect(queue.acknowledges(`${rseq(second)} 7 INVITE`, 7)).toBe(false);
    expect(queue.acknowledges(`${rseq(first)} 7 INVITE`, 7)).toBe(true);
    queue.acknowledged();
    expect(sent.at(-1)).toBe('second');
    expect(queue.finalQueued).toBe(true);
    queue.acknowledged();
    expect(sent.at(-1)).toBe('final');
    expect(dropped).toBe(0);
  });

  test('what waits when the INVITE is over is dropped, each once', () => {
    const invite = SipMessage.request('INVITE', 'sip:a@b');
    let dropped = 0;
    let gone = 0;
    const queue = new ReliableProvisionals(standardTimes, () => gone++);
    for (const status of [183, 180, 181]) {
      const response = SipMessage.response(invite, status);
      queue.add(
        response,
        () => undefined,
        () => dropped++,
      );
    }
    vi.advanceTimersByTime(64_000);
    expect({ gone, dropped }).toEqual({ gone: 1, dropped: 2 });
  });

  test('the refresher acts at half the interval, the other side a little before its end', () => {
    const events: string[] = [];
    const ours = new SessionTimer(
      90,
      true,
      () => events.push('refresh'),
      () => events.push('over'),
    );
    vi.advanceTimersByTime(44_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['refresh']);
    ours.stop();
    new SessionTimer(
      90,
      false,
      () => events.push('refresh'),
      () => events.push('theirs over'),
    );
    vi.advanceTimersByTime(59_999);
    expect(events).toEqual(['refresh']);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['refresh', 'theirs over']);
  });

  test('a refresh that fails is tried again, less and less, and the session ends a little before its time', () => {
    const began = performance.now();
    const events: [string, number][] = [];
    const note = (what: string) => events.push([what, Math.round((performance.now() - began) / 1000)]);
    const timer: SessionTimer = new SessionTimer(
      1_800,
      true,
      () => {
        note('refresh');
        timer.retryLater();
      },
      () => note('over'),
    );
    vi.advanceTimersByTime(1_800_000);
    expect(events.slice(0, 3)).toEqual([
      ['refresh', 900],
      ['refresh', 1334],
      ['refresh', 1551],
    ]);
    expect(events.filter(([what]) => what === 'refresh').length).toBeLessThan(12);
    expect(events.at(-1)).toEqual(['over', 1768]);
  });

  test('who answers every refresh with 491 does not keep the session for ever', () => {
    let over = 0;
    const timer: SessionTimer = new SessionTimer(
      90,
      true,
      () => timer.retry(2_100),
      () => over++,
    );
    vi.advanceTimersByTime(59_999);
    expect(over).toBe(0);
    vi.advanceTimersByTime(1);
    expect(over).toBe(1);
  });

  test.each([true, false])('an interval that no timer can wait for ends nothing at once (we refresh: %s)', (ours) => {
    const act = vi.fn();
    const timer = new SessionTimer(4_294_967_295, ours, act, act);
    vi.advanceTimersByTime(86_400_000);
    expect(act).not.toHaveBeenCalled();
    timer.stop();
  });
});

describe('a request outside dialogs', () => {
  const udp: Listener = { protocol: 'udp', address: '10.0.0.1', port: 5060 };
  const tcp: Listener = {
    protocol: 'tcp',
    address: '10.0.0.1',
    port: 5080,
    advertise: { host: '203.0.113.9', port: 80 },
  };
  const make = (head: string, listener = udp, body = ''): SipMessage => {
    const text = readAppText(`${head}\r\n\r\n${body}`, 0);
    if (typeof text === 'string') throw new Error(text);
    const request = newRequest(text, listener);
    if (typeof request === 'string') throw new Error(request);
    return request;
  };

  test('`localhost` becomes our address, where it stands for it', () => {
    const request = make(
      'INVITE sip:x@10.0.0.2 SIP/2.0\r\nfrom: "Ann" <sip:1000@localhost>\r\ncontact: sip:1000@localhost\r\nP-Asserted-Identity: <sip:1@localhost>\r\nDiversion: <sip:2@localhost>\r\nto: <sip:localhost@example.org>',
    );
    expect(request.headers.get('From')).toMatch(/^"Ann" <sip:1000@10\.0\.0\.1:5060>;tag=.+/);
    expect(request.headers.get('Contact')).toBe('sip:1000@10.0.0.1:5060');
    expect(request.headers.get('P-Asserted-Identity')).toBe('<sip:1@10.0.0.1:5060>');
    expect(request.headers.get('Diversion')).toBe('<sip:2@localhost>');
    expect(request.headers.get('To')).toBe('<sip:localhost@example.org>');
  });

  test('by TCP, Contact says so, with the address that others see', () => {
    expect(make('INVITE sip:x@10.0.0.2 SIP/2.0', tcp).headers.get('Contact')).toBe(
      '<sip:203.0.113.9:80;transport=tcp>',
    );
    const given = make('INVITE sip:x@10.0.0.2 SIP/2.0\r\ncontact: sip:1000@localhost', tcp);
    expect(given.headers.get('Contact')).toBe('<sip:1000@203.0.113.9:80;transport=tcp>');
  });

  test('Call-ID, CSeq number and From tag of the app are kept', () => {
    const request = make(
      'INVITE sip:x@10.0.0.2 SIP/2.0\r\nCSeq: 41 REGISTER\r\nCall-ID: mine\r\nFrom: <sip:a@b>;tag=kept',
    );
    expect(request.callId).toBe('mine');
    expect(request.headers.get('CSeq')).toBe('41 INVITE');
    expect(request.fromTag).toBe('kept');
  });

  test('a Call-ID with a bar would break the frames', () => {
    expect(() => make('INVITE sip:x@10.0.0.2 SIP/2.0\r\nCall-ID: a|b')).toThrow(/bar/);
  });
});

describe('registrations', () => {
  const register = (contact: string, expires?: string): SipMessage => {
    const request = SipMessage.request('REGISTER', 'sip:x');
    request.headers.add('Contact', contact);
    if (expires !== undefined) request.headers.add('Expires', expires);
    return request;
  };
  const granted = (contact: string): SipMessage => {
    const response = SipMessage.response(SipMessage.request('REGISTER', 'sip:x'), 200);
    response.headers.add('Contact', contact);
    return response;
  };
  const from = { protocol: 'tcp', host: '10.0.0.7', port: 4711, connection: 'c1' } as const;

  test('are good for what was granted, and for one phone each', () => {
    const phones = new Registrations();
    phones.accepted(register('<sip:a@h.invalid:1>'), granted('<sip:a@h.invalid:1>;expires=60'), from, 0);
    phones.accepted(
      register('<sip:a@h.invalid:2>'),
      granted('<sip:a@h.invalid:2>;expires=60'),
      { ...from, connection: 'c2' },
      0,
    );
    expect(phones.find('sip:a@h.invalid:1;transport=tcp', 59_000)?.connection).toBe('c1');
    expect(phones.find('sip:a@h.invalid:2', 59_000)?.connection).toBe('c2');
    expect(phones.find('sip:a@h.invalid:1', 60_000)).toBeUndefined();
    expect(phones.size).toBe(1);
  });

  test('are not taken over by another user who names the same contact', () => {
    const phones = new Registrations();
    const as = (user: string) => {
      const request = register('<sip:1001@10.0.0.5:5060>');
      request.headers.set('To', `<sip:${user}@bank>`);
      return request;
    };
    const answer = granted('<sip:1001@10.0.0.5:5060>;expires=60');
    expect(phones.accepted(as('1001'), answer, from, 0).size).toBe(1);
    expect(phones.accepted(as('1002'), answer, { ...from, connection: 'c2' }, 0).size).toBe(0);
    expect(phones.find('sip:1001@10.0.0.5:5060', 1)?.connection).toBe('c1');
    // Herself from another connection: the old one is dead and nobody has noticed yet.
    expect(phones.accepted(as('1001'), answer, { ...from, connection: 'c3' }, 0).size).toBe(1);
    expect(phones.find('sip:1001@10.0.0.5:5060', 1)?.connection).toBe('c3');
    phones.connectionClosed('c3');
    expect(phones.accepted(as('1002'), answer, { ...from, connection: 'c2' }, 0).size).toBe(1);
  });

  test('end by expiry 0 and with their connection; UDP ones are not kept', () => {
    const phones = new Registrations();
    phones.accepted(register('<sip:a@h:1>'), granted('<sip:a@h:1>;expires=60'), from, 0);
    phones.accepted(register('<sip:a@h:1>', '0'), granted('<sip:b@h:1>'), from, 0);
    expect(phones.size).toBe(0);
    phones.accepted(register('<sip:a@h:1>'), granted('<sip:a@h:1>;expires=60'), from, 0);
    phones.connectionClosed('c1');
    expect(phones.size).toBe(0);
    phones.accepted(register('<sip:a@h:1>'), granted('<sip:a@h:1>'), { protocol: 'udp', host: 'h', port: 1 }, 0);
    expect(phones.size).toBe(0);
  });
});
