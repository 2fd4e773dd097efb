// What drachtio-srf's own connection lacks: a frame that cannot be read is thrown out of its socket handler, where nobody
// could catch it and the process would end; and a connection that is still being made cannot be given up.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { RawSrf } from './raw-srf.ts';

interface RawProtocol {
  installListeners(socket: Socket): void;
  _onData(socket: Socket, bytes: Buffer): void;
}

const { prototype } = createRequire(import.meta.url)('drachtio-srf/lib/wire-protocol.js') as {
  prototype: RawProtocol;
};
const install = prototype.installListeners;
const read = prototype._onData;
const sockets = new WeakMap<object, Socket>();

prototype.installListeners = function (socket) {
  sockets.set(this, socket);
  install.call(this, socket);
};

prototype._onData = function (socket, bytes) {
  try {
    read.call(this, socket, bytes);
  } catch (error) {
    // What comes after it cannot be trusted to begin where a frame begins.
    socket.destroy(error instanceof Error ? error : new Error(String(error)));
  }
};

/** Ends a connection at once, in whatever state it is. Harmless where it is over. */
export function destroyConnection(srf: RawSrf): void {
  const wp = srf.app.client?.wp;
  if (wp) sockets.get(wp)?.destroy();
}
