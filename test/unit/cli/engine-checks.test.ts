import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { engineFindings } from '../../../cli/engine-checks.ts';
import { readSettings } from '../../../config/index.ts';
import { apiAnswer, readCommands, reply } from '../../contract/freeswitch/event-socket-side.ts';
import { DrachtioServerDouble } from '../signaling/drachtio-server/server-double.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
beforeEach(() => {
  vi.unstubAllEnvs();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

const settings = (env: NodeJS.ProcessEnv) => readSettings(env, tmpdir());

test('says nothing where the edge does everything', async () => {
  expect(await engineFindings(settings({}))).toEqual([]);
});

describe('drachtio-servers', () => {
  test('are asked one by one', async () => {
    const right = await DrachtioServerDouble.listen();
    const other = await DrachtioServerDouble.listen();
    other.secret = 'other';
    const gone = await DrachtioServerDouble.listen();
    await gone.close();
    closing.push(
      () => right.close(),
      () => other.close(),
    );
    const hosts = [right, other, gone].map(({ address }) => `127.0.0.1:${address.port}`);
    vi.stubEnv('SWITCHROOM_DRACHTIO_SECRET', 'cymru');
    const found = await engineFindings(settings({ SWITCHROOM_DRACHTIO_HOSTS: hosts.join(',') }));
    expect(found).toMatchObject([
      { state: 'ok', says: expect.stringContaining('v0.9.9-local listens on tcp/127.0.0.1:5070') },
      { state: 'bad', says: `${hosts[1]} refused us: incorrect secret` },
      { state: 'bad', says: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  test('without a secret are a sentence', async () => {
    const found = await engineFindings(settings({ SWITCHROOM_DRACHTIO_HOSTS: 'a' }));
    expect(found).toMatchObject([{ state: 'bad', says: expect.stringContaining('there is no secret') }]);
  });
});

describe('FreeSWITCH', () => {
  async function eventSocket(passwords: string[], status: string): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write('Content-Type: auth/request\n\n');
      readCommands(socket, ({ line }) => {
        if (line.startsWith('auth '))
          reply(socket, passwords.includes(line.slice(5)) ? '+OK accepted' : '-ERR invalid');
        else apiAnswer(socket, status);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }
  const status = 'drachtio_mrf\tprofile\t sip:mod_sofia@192.0.2.5:5090\tRUNNING (0)\n';
  const found = (port: number) => {
    const read = settings({ SWITCHROOM_MEDIA: 'freeswitch' });
    return engineFindings({ ...read, freeswitch: { ...read.freeswitch, port } });
  };

  test('is there, with its profile', async () => {
    vi.stubEnv('SWITCHROOM_FREESWITCH_SECRET', 'ours');
    expect(await found(await eventSocket(['ours'], status))).toMatchObject([
      { state: 'ok', says: expect.stringContaining('takes SIP on 192.0.2.5:5090') },
    ]);
  });

  test('with another password, without the profile, with the default password', async () => {
    vi.stubEnv('SWITCHROOM_FREESWITCH_SECRET', 'ours');
    expect(await found(await eventSocket(['theirs'], status))).toMatchObject([
      { state: 'bad', says: 'the password is wrong' },
    ]);
    expect(await found(await eventSocket(['ours', 'ClueCon'], ''))).toMatchObject([
      { state: 'bad', says: expect.stringContaining('has no Sofia profile drachtio_mrf') },
      { state: 'bad', says: expect.stringContaining('default password') },
    ]);
  });
});
