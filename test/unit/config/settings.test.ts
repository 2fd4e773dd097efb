import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drachtioHosts, readSettings } from '../../../config/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sw-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('settings', () => {
  it('has the documented defaults', () => {
    expect(readSettings({}, folder)).toMatchObject({
      bind: ['127.0.0.1', '::1'],
      sipPort: 5060,
      httpPort: 8080,
      rtpPorts: [20000, 29999],
      data: join(folder, 'data'),
    });
  });

  it('puts the environment before the file, and keeps what only the file says', () => {
    writeFileSync(
      join(folder, 'switchroom.json'),
      JSON.stringify({ sipPort: 5070, httpPort: 81, site: { country: 'DE' } }),
    );
    const settings = readSettings({ SWITCHROOM_SIP_PORT: '5080', SWITCHROOM_SITE: 'north' }, folder);
    expect(settings).toMatchObject({ sipPort: 5080, httpPort: 81, site: { name: 'north', country: 'DE' } });
  });

  it.each([
    [{ SWITCHROOM_SIP_PORT: '5060x' }, 'Setting SWITCHROOM_SIP_PORT: "5060x" is not a whole number.'],
    [{ SWITCHROOM_BIND: '127.0.0.1,here' }, 'Setting SWITCHROOM_BIND: is not an IP address.'],
    [{ SWITCHROOM_RTP_PORTS: '20000' }, 'Setting SWITCHROOM_RTP_PORTS: "20000" is not a range such as 20000-29999.'],
    [{ SWITCHROOM_DEMO: 'maybe' }, 'Setting SWITCHROOM_DEMO: "maybe" is neither 1 nor 0.'],
    [{ SWITCHROOM_TIME_ZONE: 'Mars' }, 'Setting SWITCHROOM_TIME_ZONE: is not an IANA time zone such as Asia/Shanghai.'],
    [{ SWITCHROOM_COUNTRY: 'china' }, 'Setting SWITCHROOM_COUNTRY: must be two capital letters such as CN.'],
    [{ SWITCHROOM_COUNTRY: 'UK' }, 'Setting SWITCHROOM_COUNTRY: is no country by ISO 3166, such as CN'],
    [{ SWITCHROOM_COUNTRY: 'XX' }, 'Setting SWITCHROOM_COUNTRY: is no country by ISO 3166, such as CN'],
  ])('says in one sentence what is wrong with %j', (env, sentence) => {
    expect(() => readSettings(env, folder)).toThrow(sentence);
  });

  it('takes origins as browsers write them, however they are written', () => {
    const web = { origins: ['https://Desk.bank.example/', 'https://crm.bank.example:443/panel'] };
    writeFileSync(join(folder, 'switchroom.json'), JSON.stringify({ web }));
    expect(readSettings({}, folder).web.origins).toEqual(['https://desk.bank.example', 'https://crm.bank.example']);
    writeFileSync(join(folder, 'switchroom.json'), JSON.stringify({ web: { origins: ['desk.bank.example'] } }));
    expect(() => readSettings({}, folder)).toThrow(/web\.origins\.0: Invalid URL/);
  });

  it('refuses unknown settings in the environment and in the file', () => {
    expect(() => readSettings({ SWITCHROOM_SIPPORT: '1' }, folder)).toThrow(/SWITCHROOM_SIPPORT: is not a setting/);
    writeFileSync(join(folder, 'switchroom.json'), '{"sipport": 1}');
    expect(() => readSettings({}, folder)).toThrow(/sipport/);
  });

  it('names a file that is not there, or is not JSON', () => {
    expect(() => readSettings({ SWITCHROOM_CONFIG: 'other.json' }, folder)).toThrow(/there is no file .*other\.json/);
    writeFileSync(join(folder, 'switchroom.json'), '{');
    expect(() => readSettings({}, folder)).toThrow(/switchroom\.json/);
  });
});

describe('drachtio-servers', () => {
  const of = (env: NodeJS.ProcessEnv) => {
    const { drachtio } = readSettings(env, folder);
    return drachtio && drachtioHosts(drachtio, env);
  };

  it('come from the environment, with one secret for all', () => {
    const env = { SWITCHROOM_DRACHTIO_HOSTS: 'sip1:9023, [2001:db8::1]', SWITCHROOM_DRACHTIO_SECRET: 'one' };
    expect(of(env)).toEqual([
      { host: 'sip1', port: 9023, tls: false, secret: 'one' },
      { host: '2001:db8::1', port: 9022, tls: false, secret: 'one' },
    ]);
  });

  it('have secrets of their own in files and variables', () => {
    writeFileSync(join(folder, 'secret'), 'from a file\n');
    const hosts = [
      { host: 'a', secretFile: join(folder, 'secret'), tls: true },
      { host: 'b', port: 1, secretEnv: 'B_SECRET' },
    ];
    writeFileSync(join(folder, 'switchroom.json'), JSON.stringify({ drachtio: { hosts } }));
    expect(of({ B_SECRET: 'two' })).toEqual([
      { host: 'a', port: 9022, tls: true, secret: 'from a file' },
      { host: 'b', port: 1, tls: false, secret: 'two' },
    ]);
    expect(() => of({})).toThrow('Setting drachtio.hosts.1: there is no secret: name a file, or set B_SECRET.');
    writeFileSync(join(folder, 'secret'), '\n');
    expect(() => of({ B_SECRET: 'two' })).toThrow('Setting drachtio.hosts.0: the file');
  });

  it('must be at least one, as host:port', () => {
    expect(() => of({ SWITCHROOM_DRACHTIO_HOSTS: ',' })).toThrow('must name at least one drachtio-server');
    expect(() => of({ SWITCHROOM_DRACHTIO_HOSTS: 'a:b' })).toThrow('"a:b" is not host:port');
  });
});
