import { familyOf } from './address.ts';
import { createUdpSocket } from './udp-listener.ts';

const listenMs = 1_000;
const atOnce = 64;
const keepalive = Buffer.from('\r\n\r\n');

/**
 * Asks whether a UDP port is closed. The kernel tells ICMP refusals only to connected sockets, and our listeners cannot
 * be connected; so a socket of its own sends a keepalive (which SIP peers ignore) and listens for a moment. One socket per
 * destination at a time, and no more than 64 in all: it is a hint, not a duty.
 */
export class UdpProbe {
  readonly #running = new Map<string, { refused: (() => void)[]; stop: () => void }>();

  ask(address: string, port: number, refused: () => void): void {
    const key = `${address}/${port}`;
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.refused.push(refused);
      return;
    }
    if (this.#running.size >= atOnce || familyOf(address) === 0) return;
    const socket = createUdpSocket(address);
    const waiting = [refused];
    const stop = () => {
      if (!this.#running.delete(key)) return;
      clearTimeout(deadline);
      socket.close();
    };
    const deadline = setTimeout(stop, listenMs);
    deadline.unref();
    this.#running.set(key, { refused: waiting, stop });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      stop();
      if (error.code === 'ECONNREFUSED') for (const tell of waiting) tell();
    });
    socket.on('message', stop); // somebody is there
    // `connect` tells its callback where it fails; the declarations of Node's types know nothing of that.
    socket.connect(port, address, (unreachable?: Error) => {
      // No way there at all (an interface is down): what is sent meets the same, and tells it.
      if (unreachable) stop();
      // The refusal comes as the socket's error, whether by this callback or by the next receive.
      else if (this.#running.has(key)) socket.send(keepalive, (error) => error !== null && socket.emit('error', error));
    });
  }

  close(): void {
    for (const { stop } of [...this.#running.values()]) stop();
  }
}
