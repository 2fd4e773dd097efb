// A TCP connection that a test can cut, and mend again: what the server's connections to the edge go through.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #whole = true;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param far where it leads */
  static async to(far: { path: string } | { host: string; port: number }): Promise<Cable> {
    const server = createServer();
    const cable = new Cable(server);
    server.on('connection', (near) => cable.#join(near, far));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return cable;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** Nothing goes through any more, and nobody gets through, until it is mended. */
  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#whole = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, far: { path: string } | { host: string; port: number }): void {
    if (!this.#whole) {
      near.destroy();
      return;
    }
    const other = connect(far);
    for (const [one, two] of [
      [near, other],
      [other, near],
    ] as const) {
      this.#sockets.add(one);
      // An error closes it, and the end of one is the end of both.
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        two.destroy();
      });
      one.pipe(two);
    }
  }
}
