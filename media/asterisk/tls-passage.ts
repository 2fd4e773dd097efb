// The way to an Asterisk whose HTTP speaks TLS: a port of our own on loopback, behind which every connection goes on as TLS,
// to a certificate that is verified, always. ari-client cannot do it: Asterisk names its API's base as http:// whatever it
// is reached by, and ari-client follows; nor can it be given an authority for one host alone.
import { once } from 'node:events';
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';

export interface TlsTarget {
  /** `https://192.0.2.10:8089` */
  url: string;
  /** PEM: the authority (or the certificate itself) that is trusted for this host, and no other. Default: this machine's. */
  ca?: string | undefined;
}

const connectMs = 5_000;

export class TlsPassage {
  readonly #target: URL;
  readonly #ca: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #log: Logger;
  /** Why the last connection failed; undefined once one has come to be. */
  trouble: string | undefined;

  private constructor({ url, ca }: TlsTarget, logger: Logger) {
    this.#target = new URL(url);
    this.#ca = ca;
    this.#log = logger;
    this.#server = createServer((near) => this.#pass(near));
  }

  /** @throws what listening throws */
  static async open(target: TlsTarget, logger: Logger): Promise<TlsPassage> {
    const passage = new TlsPassage(target, logger);
    passage.#server.listen(0, '127.0.0.1');
    await once(passage.#server, 'listening');
    return passage;
  }

  /** To be used in place of the target's. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(near: Socket): void {
    const far = this.#connect();
    far.setTimeout(connectMs, () => far.destroy(new Error('no answer')));
    far.once('secureConnect', () => {
      far.setTimeout(0);
      this.trouble = undefined;
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', (error) => {
        if (one === far) this.#failed(error);
      });
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  #connect(): TLSSocket {
    const { hostname, port } = this.#target;
    const host = hostname.replace(/^\[|\]$/g, '');
    return connect({
      host,
      port: port === '' ? 443 : Number(port),
      // RFC 6066 §3: an address is no server name. The certificate is compared with `host` then.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
      minVersion: 'TLSv1.2',
    });
  }

  /** Once for each reason: a host that is away is asked again and again. */
  #failed({ message }: Error): void {
    if (message === this.trouble) return;
    this.trouble = message;
    this.#log.warn({ url: this.#target.origin, reason: message }, 'no TLS connection to Asterisk');
  }
}

/** Hosts as they are to be called from here: those with https:// through a passage of their own. */
export async function throughTls<Host extends TlsTarget>(
  hosts: readonly Host[],
  logger: Logger,
): Promise<{ reached: Host[]; passages: TlsPassage[] }> {
  const passages: TlsPassage[] = [];
  const reached: Host[] = [];
  for (const host of hosts) {
    if (!host.url.startsWith('https:')) {
      reached.push(host);
      continue;
    }
    const passage = await TlsPassage.open(host, logger);
    passages.push(passage);
    reached.push({ ...host, url: passage.url });
  }
  return { reached, passages };
}
