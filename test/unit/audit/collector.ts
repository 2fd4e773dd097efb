// A syslog collector on loopback: UDP, TCP with counted octets, TLS.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface Collector {
  port: number;
  messages: string[];
  /** Ends what is connected, and takes nothing until it listens again. */
  away(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

export async function startCollector(
  protocol: 'udp' | 'tcp' | 'tls',
  secure: { cert: string; key: string } = { cert: '', key: '' },
): Promise<Collector> {
  const messages: string[] = [];
  if (protocol === 'udp') {
    const socket = createSocket('udp4').on('message', (message) => messages.push(message.toString()));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const gone = async () => void socket.close();
    return { port: socket.address().port, messages, away: gone, back: async () => {}, close: gone };
  }
  const open = new Set<Socket>();
  const take = (socket: Socket): void => {
    open.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (part) => {
      rest = Buffer.concat([rest, part]);
      for (;;) {
        const [head, length] = /^(\d+) /.exec(rest.subarray(0, 12).toString()) ?? [];
        if (head === undefined || rest.length < head.length + Number(length)) return;
        messages.push(rest.subarray(head.length, head.length + Number(length)).toString());
        rest = rest.subarray(head.length + Number(length));
      }
    });
  };
  let server: Server;
  let port = 0;
  const listen = async (): Promise<void> => {
    server = protocol === 'tls' ? createTlsServer(secure, take) : createServer(take);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const away = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    open.clear();
    server.close();
    await once(server, 'close');
  };
  await listen();
  return { port, messages, away, back: listen, close: away };
}
