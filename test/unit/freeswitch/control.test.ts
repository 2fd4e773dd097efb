// The control connection against an event socket of ours that breaks off as a FreeSWITCH that dies does.
import { once } from 'node:events';
import net, { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Control } from '../../../media/freeswitch/control.ts';
import { newMrf } from '../../../media/freeswitch/raw-fsmrf.ts';

let server: Server;
/** Those that are open. */
let open: Set<Socket>;
let control: Control;

beforeEach(async () => {
  open = new Set();
  server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write('Content-Type: auth/request\n\n');
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const command = text.slice(0, end).trim();
        text = text.slice(end + 2);
        if (command.startsWith('api')) {
          const body = 'mrf profile sip:mod_sofia@127.0.0.1:5080 RUNNING (0)\n';
          socket.write(`Content-Type: api/response\nContent-Length: ${body.length}\n\n${body}`);
        } else socket.write('Content-Type: command/reply\nReply-Text: +OK accepted\n\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const mrf = await newMrf({ createUAC: async () => Promise.reject(new Error('no calls here')) });
  control = new Control(mrf, {
    ...{ host: '127.0.0.1', port, secret: 'secret', profile: 'mrf', listen: '127.0.0.1', listenPort: 0 },
    logger: pino({ level: 'silent' }),
    retryMs: { first: 10, most: 50 },
  });
  await control.start();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  control.close();
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, 'close');
});

test('a connection that was reset is followed by one, not by two', async () => {
  // drachtio-modesl makes its connections by this.
  const made = vi.spyOn(net, 'createConnection');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const lost = once(control, 'lost');
  for (const socket of open) socket.resetAndDestroy();
  await lost;
  const restored = once(control, 'restored');
  await vi.advanceTimersByTimeAsync(10);
  await restored;
  // Its own reconnection would come after 255 ms.
  await vi.advanceTimersByTimeAsync(5_000);
  expect(made).toHaveBeenCalledTimes(1);
});
