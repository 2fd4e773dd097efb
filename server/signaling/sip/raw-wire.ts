// What drachtio-srf's own connection lacks: a frame that cannot be read is thrown out of its socket handler, where nobody
// could catch it and the process would end; every read is copied behind what is left of the one before; and a connection that
// is still being made cannot be given up.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { RawSrf } from './raw-srf.ts';

interface RawProtocol {
  installListeners(socket: Socket): void;
  _onData(socket: Socket, bytes: Buffer): void;
  emit(event: 'msg', socket: Socket, frame: string): boolean;
}

const { prototype } = createRequire(import.meta.url)('drachtio-srf/lib/wire-protocol.js') as {
  prototype: RawProtocol;
};
const install = prototype.installListeners;
const sockets = new WeakMap<object, Socket>();
/** Of a socket: the beginning of a frame whose end has not come. */
const begun = new WeakMap<Socket, Buffer>();
/** Longer than any that a SIP server sends (a message over TCP has 64 KiB at most). */
const mostFrameBytes = 16 * 1024 * 1024;
const hash = '#'.charCodeAt(0);

prototype.installListeners = function (socket) {
  sockets.set(this, socket);
  install.call(this, socket);
};

prototype._onData = function (socket, bytes) {
  const before = begun.get(socket);
  if (before) begun.delete(socket);
  try {
    const rest = cut(before ? Buffer.concat([before, bytes]) : bytes, (frame) => this.emit('msg', socket, frame));
    if (rest) begun.set(socket, rest);
  } catch (error) {
    // What comes after it cannot be trusted to begin where a frame begins.
    socket.destroy(error instanceof Error ? error : new Error(String(error)));
  }
};

/** Frames are `<length in bytes>#<text>`. @returns what is left, if anything @throws RangeError where no length stands */
function cut(bytes: Buffer, each: (frame: string) => void): Buffer | undefined {
  let at = 0;
  while (at < bytes.length) {
    const mark = bytes.indexOf(hash, at);
    if (mark < 0 && bytes.length - at < 10) break;
    const length = Number(bytes.toString('latin1', at, Math.max(at, mark)));
    if (!(length > 0 && length < mostFrameBytes)) throw new RangeError('a frame without its length');
    const end = mark + 1 + length;
    if (end > bytes.length) break;
    each(bytes.toString('utf8', mark + 1, end));
    at = end;
  }
  return at < bytes.length ? bytes.subarray(at) : undefined;
}

/** Ends a connection at once, in whatever state it is. Harmless where it is over. */
export function destroyConnection(srf: RawSrf): void {
  const wp = srf.app.client?.wp;
  if (wp) sockets.get(wp)?.destroy();
}
