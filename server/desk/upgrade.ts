// From an HTTP request to a panel's WebSocket: right path, right origin, valid session.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { deskPath } from './limits.ts';
import type { DeskOptions, Login } from './options.ts';

/**
 * Whether a browser page of ours asks (RFC 6455 §10.2): cookies go along with requests of any page, so the page must be
 * of this host, or of an origin that was allowed.
 */
export function originAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || host === undefined) return false;
  if (allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/**
 * @param accept called with the open socket of a panel
 * @returns false where the path is not the desk's; the caller then asks others
 */
export function upgrade(
  sockets: WebSocketServer,
  options: DeskOptions,
  [request, socket, head]: [IncomingMessage, Duplex, Buffer],
  accept: (socket: WebSocket, login: Login) => void,
): boolean {
  const { logger } = options;
  if ((request.url ?? '').split('?')[0] !== deskPath) return false;
  // Until the WebSocket owns the socket, an error on it would be nobody's.
  const onError = (error: Error) => logger.debug({ err: error }, 'panel gone during upgrade');
  socket.on('error', onError);
  const refuse = (status: 401 | 403 | 500) => {
    logger.info({ status, origin: request.headers.origin }, 'panel refused');
    const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    socket.end(`${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  };
  if (!originAllowed(request, options.origins ?? [])) {
    refuse(403);
    return true;
  }
  Promise.resolve()
    .then(() => options.authenticate(request))
    .then((login) => {
      if (socket.destroyed) return;
      if (login === undefined) {
        refuse(401);
        return;
      }
      socket.off('error', onError);
      sockets.handleUpgrade(request, socket, head, (open) => accept(open, login));
    })
    .catch((error: unknown) => {
      logger.error({ err: error }, 'authentication of a panel failed');
      refuse(500);
    });
  return true;
}
