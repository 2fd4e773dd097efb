// An Asterisk reached over TLS: what is written for it, and the settings that name whom to trust.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { selfSigned } from '../../../cli/self-signed.ts';
import { asteriskHosts, asteriskSchema } from '../../../config/asterisk.ts';
import { type AsteriskConfiguration, writeAsteriskConfiguration } from '../../../media/asterisk/configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'asterisk-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { certificate } = selfSigned(['192.0.2.10'], { from: new Date(), to: new Date(Date.now() + 60_000) });
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, certificate);
const env = { SWITCHROOM_ASTERISK_SECRET: 'secret' };
const read = (more: object, url = 'https://192.0.2.10:8089') =>
  asteriskHosts(asteriskSchema.parse({ hosts: [{ name: 'one', url, sip: '192.0.2.10:5080' }], ...more }), env);

const configuration: AsteriskConfiguration = {
  etc: join(folder, 'etc'),
  var: join(folder, 'var'),
  modules: '/usr/lib/asterisk/modules',
  data: '/usr/share/asterisk',
  http: { address: '127.0.0.1', port: 8088 },
  managerPort: 5038,
  sip: '192.0.2.10:5080',
  rtp: { address: '192.0.2.10', first: 40_000, last: 49_999 },
  user: 'switchroom',
  secret: 'secret',
  server: '192.0.2.1',
  edge: ['192.0.2.1'],
  maxCalls: 0,
};
const http = () => readFileSync(join(configuration.etc, 'http.conf'), 'utf8');

test('http.conf has TLS where it is wanted, and no word of it else', () => {
  writeAsteriskConfiguration(configuration);
  expect(http()).not.toMatch(/^tls(enable|bindaddr|certfile|privatekey)/m);
  const https = { place: '192.0.2.10:8089', certificate: '/keys/http.pem', key: '/keys/http.key' };
  writeAsteriskConfiguration({ ...configuration, https });
  expect(http()).toMatch(/^tlsenable = yes$/m);
  expect(http()).toMatch(/^tlsbindaddr = 192\.0\.2\.10:8089$/m);
  expect(http()).toMatch(/^tlscertfile = \/keys\/http\.pem$/m);
  expect(http()).toMatch(/^tlsprivatekey = \/keys\/http\.key$/m);
  expect(() => writeAsteriskConfiguration({ ...configuration, https: { ...https, key: '' } })).toThrow(/HTTPS_KEY/);
});

test('an authority is read for https hosts, by host before the one for all', () => {
  expect(read({})[0]).not.toHaveProperty('ca');
  expect(read({ caFile })[0]?.ca).toBe(certificate);
  expect(read({ caFile }, 'http://192.0.2.10:8088')[0]).not.toHaveProperty('ca');
  const own = join(folder, 'own.pem');
  const other = selfSigned(['192.0.2.11'], { from: new Date(), to: new Date(Date.now() + 60_000) }).certificate;
  writeFileSync(own, other);
  const hosts = [{ name: 'one', url: 'https://192.0.2.11:8089', sip: '192.0.2.11:5080', caFile: own }];
  expect(read({ caFile, hosts })[0]?.ca).toBe(other);
});

test('a file that is not there or holds no certificate is named', () => {
  expect(() => read({ caFile: join(folder, 'none.pem') })).toThrow(/asterisk\.hosts\.0\.caFile.*none\.pem.*ENOENT/);
  const empty = join(folder, 'empty.pem');
  writeFileSync(empty, 'no certificate\n');
  expect(() => read({ caFile: empty })).toThrow(/asterisk\.hosts\.0\.caFile.*empty\.pem/);
});
