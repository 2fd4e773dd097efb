// Whether we can listen where FreeSWITCH is to connect back to: drachtio-fsmrf ends the process where that fails.
import { createServer } from 'node:net';

/** Listens there for a moment. @throws an Error with a sentence for people */
export function mustListen(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ message, code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'another program has it' : message;
      reject(new Error(`it cannot connect back to ${host}:${port} (freeswitch.listen, .listenPort): ${why}`));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
