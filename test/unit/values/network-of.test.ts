import { expect, it } from 'vitest';
import { networkOf } from '../../../values/index.ts';

it('is the address, or the /64 of an IPv6 address however it is written', () => {
  const networks = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ];
  for (const [address, network] of networks) expect([address, networkOf(address!)]).toEqual([address, network]);
});
