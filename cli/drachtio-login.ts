// Logs in at a drachtio-server and leaves: whether it is there, and knows our secret.
import { randomUUID } from 'node:crypto';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DrachtioHost } from '../config/index.ts';

export type DrachtioLogin = { version: string; listening: string } | { refused: string } | { unreachable: string };

/** One frame of its protocol there, one back: `<bytes>#<id>|response|<id>|OK|<addresses>|<version>|…`. Never throws. */
export function logInToDrachtio({ host, port, tls, secret }: DrachtioHost, withinMs = 3_000): Promise<DrachtioLogin> {
  return new Promise((done) => {
    const at = { host, port };
    const socket = tls ? connectTls({ ...at, ...(isIP(host) === 0 ? { servername: host } : {}) }) : connectTcp(at);
    const timer = setTimeout(() => end({ unreachable: `no answer within ${withinMs} ms` }), withinMs);
    const end = (login: DrachtioLogin) => {
      clearTimeout(timer);
      socket.destroy();
      done(login);
    };
    let text = '';
    socket.setEncoding('utf8');
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      const payload = `${randomUUID()}|authenticate|${secret}|`;
      socket.write(`${Buffer.byteLength(payload)}#${payload}`);
    });
    socket.on('error', (error) => end({ unreachable: error.message }));
    socket.on('close', () => end({ unreachable: 'it closed the connection' }));
    socket.on('data', (piece: string) => {
      text += piece;
      const mark = text.indexOf('#');
      if (mark < 0 || text.length < mark + 1 + Number(text.slice(0, mark))) return;
      const [, kind, , verdict, addresses = '', version = ''] = text.slice(mark + 1).split('|');
      if (kind !== 'response') end({ unreachable: 'what answers there is no drachtio-server' });
      else if (verdict === 'OK') end({ version, listening: addresses });
      else end({ refused: addresses });
    });
  });
}
