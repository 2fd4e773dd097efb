import { describe, expect, test } from 'vitest';
import { SipMessage } from '../../../../../edge/sip/message/index.ts';
import type { Arrival, Listener } from '../../../../../edge/sip/stack.ts';
import { answerAddress, chooseListener, noteSource, sentBy } from '../../../../../edge/sip/transport/index.ts';

const udp = (address: string, advertise?: Listener['advertise']): Listener => ({
  protocol: 'udp',
  address,
  port: 5060,
  advertise,
});

describe('choosing a listener', () => {
  const listeners = [
    udp('127.0.0.1'),
    udp('::1'),
    udp('10.1.2.3'),
    udp('192.168.7.1'),
    udp('2001:db8:1::1'),
    udp('fd00::1'),
  ];
  test.each([
    ['127.0.0.5', '127.0.0.1'],
    ['::1', '::1'],
    ['10.1.2.200', '10.1.2.3'],
    ['192.168.7.99', '192.168.7.1'],
    ['2001:db8:1::99', '2001:db8:1::1'],
    ['fd00::7', 'fd00::1'],
    ['localhost', '127.0.0.1'],
    ['pbx.example', '10.1.2.3'],
  ])('towards %s: %s', (host, address) => {
    expect(chooseListener(listeners, { protocol: 'udp', host, port: 5060 })?.address).toBe(address);
  });

  test('none of that protocol or family: none', () => {
    expect(chooseListener(listeners, { protocol: 'tcp', host: '10.1.2.3', port: 1 })).toBeUndefined();
    expect(chooseListener([udp('::1')], { protocol: 'udp', host: '10.1.2.3', port: 1 })).toBeUndefined();
  });

  test('one on all addresses says an address that the peer can use; what is advertised stays', () => {
    const any = chooseListener([udp('0.0.0.0')], { protocol: 'udp', host: '127.0.0.1', port: 1 })!;
    expect(sentBy(any)).toEqual({ host: '127.0.0.1', port: 5060 });
    const natted = udp('0.0.0.0', { host: '203.0.113.1', port: 5099 });
    expect(sentBy(chooseListener([natted], { protocol: 'udp', host: '127.0.0.1', port: 1 })!)).toEqual({
      host: '203.0.113.1',
      port: 5099,
    });
  });
});

describe('where answers go (RFC 3261 §18.2.2, RFC 3581)', () => {
  const from = (remoteAddress: string, remotePort: number): Arrival => ({
    protocol: 'udp',
    localAddress: '10.0.0.9',
    localPort: 5060,
    remoteAddress,
    remotePort,
    bytes: 1,
    at: 0,
  });
  test.each([
    ['asked for rport', '10.0.0.1:5062;rport', '10.0.0.1', 40_000, '10.0.0.1', 40_000],
    ['did not ask: sent-by’s port', '10.0.0.1:5062', '10.0.0.1', 40_000, '10.0.0.1', 5062],
    ['did not ask, default port', '10.0.0.1', '10.0.0.1', 40_000, '10.0.0.1', 5060],
    ['behind a NAT, did not ask', '192.168.1.5:5062', '198.51.100.1', 40_000, '198.51.100.1', 40_000],
    ['a name', 'phone.example:5062', '198.51.100.1', 5062, '198.51.100.1', 5062],
    ['lies about where it is', '10.0.0.1;received=203.0.113.9;rport=1', '10.0.0.1', 40_000, '10.0.0.1', 40_000],
    ['IPv6', '[2001:db8::1]:5062;rport', '2001:db8::1', 40_000, '2001:db8::1', 40_000],
  ])('%s', (_name, by, address, port, toAddress, toPort) => {
    const request = SipMessage.request('OPTIONS', 'sip:x');
    request.headers.add('Via', `SIP/2.0/UDP ${by};branch=z9hG4bK1`);
    noteSource(request, from(address, port));
    expect(answerAddress(request.topVia)).toEqual({ address: toAddress, port: toPort });
    const again = SipMessage.parse(request.toString());
    expect(again.topVia.params.get('received')).toBe(address);
    expect(again.topVia.params.get('branch')).toBe('z9hG4bK1');
  });
});
