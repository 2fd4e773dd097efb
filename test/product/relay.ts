// A bad line: a UDP relay between two programs that loses, or holds up, the datagrams that a test wants lost or late.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export type Way = 'there' | 'back';

/** Asked for each datagram: true, it is lost; a number, it goes on so many milliseconds later. */
export type Fate = (way: Way, datagram: Buffer) => boolean | number;

export class Relay {
  /** Where the one who begins sends to. */
  readonly port: number;
  /** How many were lost, by way. */
  readonly lost = { there: 0, back: 0 };
  readonly passed = { there: 0, back: 0 };
  readonly #near: Socket;
  readonly #far: Socket;
  #peer: { port: number; address: string } | undefined;

  readonly #held = new Set<NodeJS.Timeout>();

  private constructor(near: Socket, far: Socket, target: { port: number; address: string }, fate: Fate) {
    this.#near = near;
    this.#far = far;
    this.port = near.address().port;
    const pass = (way: Way, datagram: Buffer, send: () => void): void => {
      const met = fate(way, datagram);
      (met === true ? this.lost : this.passed)[way]++;
      if (typeof met === 'number' && met > 0) {
        const held = setTimeout(() => {
          this.#held.delete(held);
          send();
        }, met);
        this.#held.add(held);
      } else if (met !== true) send();
    };
    near.on('message', (datagram, from) => {
      // Keepalives come from a socket that waits for no answer.
      if (String(datagram).trim() !== '') this.#peer = from;
      pass('there', datagram, () => far.send(datagram, target.port, target.address));
    });
    far.on('message', (datagram) => {
      const peer = this.#peer;
      if (peer) pass('back', datagram, () => near.send(datagram, peer.port, peer.address));
    });
  }

  static async to(port: number, fate: Fate, address = '127.0.0.1'): Promise<Relay> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const [at, socket] of sockets.entries()) {
      // What stands at an address of this machine is spoken to from that one.
      socket.bind(0, at === 0 ? '127.0.0.1' : address);
      await once(socket, 'listening');
    }
    return new Relay(sockets[0], sockets[1], { port, address }, fate);
  }

  close(): void {
    for (const held of this.#held) clearTimeout(held);
    this.#near.close();
    this.#far.close();
  }
}

/** Loses each of these once or more: `['there INVITE', 2]` is the first two INVITEs. What is still to come is in `left`. */
export function losing(...what: [string, number][]): {
  loses: (way: Way, datagram: Buffer) => boolean;
  left: Map<string, number>;
} {
  const left = new Map(what);
  return {
    left,
    loses: (way, datagram) => {
      const text = String(datagram);
      const [first = '', second = ''] = text.split('\r\n', 1)[0]?.split(' ') ?? [];
      const method = /^CSeq: *\d+ *(\w+)/im.exec(text)?.[1] ?? '';
      const name = first === 'SIP/2.0' ? `${way} ${second} ${method}` : `${way} ${first}`;
      const count = left.get(name) ?? 0;
      if (count === 0) return false;
      if (count === 1) left.delete(name);
      else left.set(name, count - 1);
      return true;
    },
  };
}
