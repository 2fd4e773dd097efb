// What we use of drachtio-fsmrf and drachtio-srf, typed by us: the first has no types, and the second's Srf is used nowhere
// else but in server/signaling/sip. Nothing outside this folder sees these.
import type { EventEmitter } from 'node:events';
import Srf from 'drachtio-srf';

export interface RawEvent {
  getHeader(name: string): string | undefined;
  getBody(): string;
}

export interface RawDialog {
  readonly remote: { sdp: string };
}

export interface RawEndpoint extends EventEmitter {
  readonly uuid: string;
  readonly local: { sdp: string };
  readonly dialog: RawDialog;
  /** re-INVITE with that description; `local.sdp` is the answer then. */
  modify(sdp: string): Promise<unknown>;
  /** Runs an application on the channel; resolves when it is over. */
  execute(application: string, argument: string): Promise<RawEvent>;
}

interface RawConnection extends EventEmitter {
  subscribe(events: string[]): void;
  /** Of drachtio-modesl's own reconnection. */
  readonly reconnectVars: { readonly retryTimer: NodeJS.Timeout | null };
}

export interface RawMediaServer extends EventEmitter {
  readonly conn: RawConnection;
  api(command: string): Promise<string>;
  createEndpoint(options: { remoteSdp?: string; headers?: Record<string, string> }): Promise<RawEndpoint>;
  disconnect(): void;
}

/** All that fsmrf does with an Srf. */
export interface UacMaker {
  createUAC(uri: string, options: object, progress?: object): Promise<unknown>;
}

export interface RawMrf {
  connect(options: {
    address: string;
    port: number;
    secret: string;
    listenAddress: string;
    listenPort: number;
    profile: string;
  }): Promise<RawMediaServer>;
}

export interface RawSrf extends EventEmitter, UacMaker {
  connect(options: {
    host: string;
    port: number;
    secret: string;
    tls?: { servername?: string };
    reconnect: { maxAttempts: number };
  }): void;
  disconnect(): void;
}

export function newSrf(): RawSrf {
  return new Srf() as unknown as RawSrf;
}

/** Loaded only where FreeSWITCH is used: it brings a hundred modules. */
export async function newMrf(srf: UacMaker): Promise<RawMrf> {
  const { default: Mrf } = (await import('drachtio-fsmrf')) as unknown as { default: new (srf: UacMaker) => RawMrf };
  return new Mrf(srf);
}
