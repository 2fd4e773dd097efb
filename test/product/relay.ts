// A bad line: a UDP relay between two programs that loses the datagrams that a test wants lost.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export type Way = 'there' | 'back';

export class Relay {
  /** Where the one who begins sends to. */
  readonly port: number;
  /** How many were lost, by way. */
  readonly lost = { there: 0, back: 0 };
  readonly passed = { there: 0, back: 0 };
  readonly #near: Socket;
  readonly #far: Socket;
  #peer: { port: number; address: string } | undefined;

  private constructor(near: Socket, far: Socket, target: number, loses: (way: Way, datagram: Buffer) => boolean) {
    this.#near = near;
    this.#far = far;
    this.port = near.address().port;
    const passes = (way: Way, datagram: Buffer): boolean => {
      const gone = loses(way, datagram);
      (gone ? this.lost : this.passed)[way]++;
      return !gone;
    };
    near.on('message', (datagram, from) => {
      // Keepalives come from a socket that waits for no answer.
      if (String(datagram).trim() !== '') this.#peer = from;
      if (passes('there', datagram)) far.send(datagram, target, '127.0.0.1');
    });
    far.on('message', (datagram) => {
      if (this.#peer && passes('back', datagram)) near.send(datagram, this.#peer.port, this.#peer.address);
    });
  }

  /** @param loses asked for each datagram */
  static async to(target: number, loses: (way: Way, datagram: Buffer) => boolean): Promise<Relay> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return new Relay(sockets[0], sockets[1], target, loses);
  }

  close(): void {
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
