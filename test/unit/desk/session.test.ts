// Panels live as long as the login that let them in.
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { closeCodes, protocolVersion } from '../../../server/desk/index.ts';
import { Client } from './client.ts';
import { createWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const hello = { protocol: protocolVersion, language: 'en' } as const;

test('a login that is over takes its panels with it, greeted or not, and no others', async () => {
  world = await createWorld({
    authenticate: ({ headers }) => ({ agent: '1001', roles: ['agent'], session: String(headers['x-login']) }),
  });
  const open = async (login: string) => {
    const client = new Client(world, '1001', { 'x-login': login });
    await once(client.socket, 'open');
    return client;
  };
  const [first, silent, other] = [await open('one'), await open('one'), await open('two')];
  await first.do('hello', hello);
  await other.do('hello', hello);
  expect(world.desk.sessions()).toEqual(new Set(['one', 'two']));

  world.desk.endSession('one');
  expect(await Promise.all([first.closed, silent.closed])).toEqual([closeCodes.signedOut, closeCodes.signedOut]);
  expect(world.desk.sessions()).toEqual(new Set(['two']));
  await other.do('language', { language: 'zh' });
});
