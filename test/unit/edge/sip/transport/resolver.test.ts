import { describe, expect, test } from 'vitest';
import { type Dns, Resolver, type SrvRecord } from '../../../../../edge/sip/transport/index.ts';

class FakeDns implements Dns {
  readonly asked: string[] = [];
  readonly records: Record<string, SrvRecord[]> = {};
  readonly hosts: Record<string, string[]> = {};

  async srv(name: string): Promise<SrvRecord[]> {
    this.asked.push(name);
    return this.records[name] ?? [];
  }

  async addresses(host: string): Promise<string[]> {
    this.asked.push(host);
    const found = this.hosts[host];
    if (found === undefined) throw new Error('ENOTFOUND');
    return found;
  }
}

function setUp(random = () => 0) {
  const dns = new FakeDns();
  let now = 0;
  const resolver = new Resolver(dns, () => now, random);
  const pass = (ms: number) => {
    now += ms;
  };
  return { dns, resolver, pass };
}

describe('RFC 3263', () => {
  test('an IP address is itself, at once', () => {
    const { dns, resolver } = setUp();
    expect(resolver.resolve('udp', '192.0.2.1', 0)).toEqual([{ address: '192.0.2.1', port: 5060 }]);
    expect(resolver.resolve('tcp', '2001:db8::1', 5070)).toEqual([{ address: '2001:db8::1', port: 5070 }]);
    expect(dns.asked).toEqual([]);
  });

  test('with a port no SRV is asked for', async () => {
    const { dns, resolver } = setUp();
    dns.hosts['pbx.example'] = ['192.0.2.1', '2001:db8::1'];
    expect(await resolver.resolve('udp', 'pbx.example', 5080)).toEqual([
      { address: '192.0.2.1', port: 5080 },
      { address: '2001:db8::1', port: 5080 },
    ]);
    expect(dns.asked).toEqual(['pbx.example']);
  });

  test('without a port SRV decides, by priority and then by weight; targets without address are passed over', async () => {
    const { dns, resolver } = setUp(() => 0.5);
    dns.records['_sip._tcp.bank.example'] = [
      { name: 'backup', port: 5062, priority: 20, weight: 0 },
      { name: 'light', port: 5061, priority: 10, weight: 1 },
      { name: 'heavy', port: 5060, priority: 10, weight: 9 },
      { name: 'gone', port: 5060, priority: 15, weight: 1 },
    ];
    Object.assign(dns.hosts, { backup: ['10.0.0.3'], light: ['10.0.0.2'], heavy: ['10.0.0.1'] });
    expect(await resolver.resolve('tcp', 'bank.example', 0)).toEqual([
      { address: '10.0.0.1', port: 5060 },
      { address: '10.0.0.2', port: 5061 },
      { address: '10.0.0.3', port: 5062 },
    ]);
  });

  test('without SRV records A and AAAA with 5060', async () => {
    const { dns, resolver } = setUp();
    dns.hosts['bank.example'] = ['10.0.0.1'];
    expect(await resolver.resolve('udp', 'bank.example', 0)).toEqual([{ address: '10.0.0.1', port: 5060 }]);
    expect(dns.asked).toEqual(['_sip._udp.bank.example', 'bank.example']);
  });

  test('a name without address fails with a code, and not for long', async () => {
    const { dns, resolver, pass } = setUp();
    const failure = expect.objectContaining({ code: 'sip-unreachable' });
    await expect(resolver.resolve('udp', 'nowhere.example', 5060)).rejects.toEqual(failure);
    dns.hosts['nowhere.example'] = ['10.0.0.1'];
    await expect(resolver.resolve('udp', 'nowhere.example', 5060)).rejects.toEqual(failure);
    pass(2_100);
    expect(await resolver.resolve('udp', 'nowhere.example', 5060)).toHaveLength(1);
  });

  test('an answer is kept for a while, and a question asked once at a time', async () => {
    const { dns, resolver, pass } = setUp();
    dns.hosts.pbx = ['10.0.0.1'];
    await Promise.all([resolver.resolve('udp', 'pbx', 1), resolver.resolve('udp', 'pbx', 1)]);
    await resolver.resolve('udp', 'pbx', 1);
    expect(dns.asked).toHaveLength(1);
    pass(31_000);
    await resolver.resolve('udp', 'pbx', 1);
    expect(dns.asked).toHaveLength(2);
  });
});
