import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '../../../values/index.ts';
import type { Arrival, Listener } from '../stack.ts';
import { familyOf, plainAddress } from './address.ts';
import { listenError } from './errors.ts';
import type { Inbound } from './inbound.ts';
import { Inflow } from './inflow.ts';

/** One bound UDP socket. */
export class UdpListener {
  readonly listener: Listener;
  readonly inflow: Inflow;
  readonly #socket: Socket;
  #closed = false;

  private constructor(socket: Socket, listener: Listener, inflow: Inflow) {
    this.#socket = socket;
    this.listener = listener;
    this.inflow = inflow;
  }

  /** @throws SwitchroomError `sip-port-in-use`, `sip-address-unavailable`, `sip-listen-failed` (as rejection) */
  static async open(
    where: Omit<Listener, 'protocol'>,
    inbound: Inbound,
    failed: (error: Error) => void,
  ): Promise<UdpListener> {
    const socket = createUdpSocket(where.address);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(listenError(error, { protocol: 'udp', address: where.address, port: where.port }));
      });
      socket.bind({ address: where.address, port: where.port, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    socket.on('error', failed);
    enlargeBuffers(socket);
    const listener: Listener = { ...where, protocol: 'udp', port: socket.address().port };
    const inflow = new Inflow(() => performance.now());
    socket.on('message', (bytes, remote) => {
      inflow.read();
      const arrival: Arrival = {
        protocol: 'udp',
        localAddress: listener.address,
        localPort: listener.port,
        remoteAddress: plainAddress(remote.address),
        remotePort: remote.port,
        bytes: bytes.length,
        at: systemClock.now(),
      };
      inbound.datagram(bytes, arrival);
    });
    return new UdpListener(socket, listener, inflow);
  }

  /** `failed` is called where the kernel refuses the datagram; never before this returned. */
  send(bytes: Buffer, address: string, port: number, failed: (error: Error) => void): void {
    if (this.#closed) {
      queueMicrotask(() => failed(new Error('the listener is closed')));
      return;
    }
    this.#socket.send(bytes, port, address, (error) => {
      if (error !== null) failed(error);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** A socket that never looks names up: what it is given are addresses, and Node's look-up would cost a turn of the loop. */
export function createUdpSocket(address: string): Socket {
  const six = familyOf(address) === 6;
  return createSocket({
    type: six ? 'udp6' : 'udp4',
    ipv6Only: six,
    lookup: (host, _options, callback) => callback(null, host, six ? 6 : 4),
  });
}

/** A burst of calls must fit while the loop is busy; the kernel may grant less. */
function enlargeBuffers(socket: Socket): void {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  socket.setSendBufferSize(1024 * 1024);
}
