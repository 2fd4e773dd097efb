// The phone inside one agent's panels: its connection, which one panel has, and the calls that ring or talk there.
import type { Logger } from 'pino';
import type {
  ConnectionEnd,
  ConnectionQuality,
  WebRtcConnection,
  WebRtcGateway,
} from '../../../media/webrtc-gateway.ts';
import { type AgentId, type Clock, newId } from '../../../values/index.ts';
import type { PanelPhoneState, PanelPhoneView } from '../../ports/index.ts';
import { signalingErrors } from '../errors.ts';
import type { PanelLine, PanelLineTools } from './panel-line.ts';

export interface PanelPhoneTools {
  gateway: WebRtcGateway;
  /** What the media engine speaks, in order of preference. */
  codecs: readonly string[];
  clock: Clock;
  logger: Logger;
  /** A panel that is away that long is gone: its calls end. */
  lostMs: number;
  changed(phone: PanelPhone): void;
  quality(phone: PanelPhone, quality: ConnectionQuality): void;
  reachable(phone: PanelPhone, reachable: boolean): void;
}

/**
 * ```
 *   none ──connect──▶ connecting ──▶ connected ◀──▶ disconnected
 *    ▲                    └──closed─────┴──────closed─────┘ │
 *    └───────────────────────────────────────────────────────┘
 *   Out of `connected` for 15 s: lost. Talks end as those of a phone that lost its power, ringing calls as unreachable,
 *   and no offers come until it is connected again. Within these 15 s calls wait for it.
 * ```
 */
/** Says whose it is, for a gateway that outlives this server. */
function connectionId(agent: AgentId): string {
  return `${newId('con')}.${agent}`;
}

export function agentOf(connection: string): AgentId | undefined {
  const dot = connection.indexOf('.');
  return connection.startsWith('con_') && dot > 0 ? connection.slice(dot + 1) : undefined;
}

export class PanelPhone {
  readonly agent: AgentId;
  readonly lines = new Set<PanelLine>();
  readonly lineTools: PanelLineTools;
  readonly #tools: PanelPhoneTools;
  #connection: WebRtcConnection | undefined;
  #owner: string | undefined;
  #why: PanelPhoneView['why'];
  #muted = false;
  #reachable = false;
  #lost: NodeJS.Timeout | undefined;
  /** One after the other: a panel that reloads twice must not meet itself. */
  #steps: Promise<void> = Promise.resolve();

  constructor(agent: AgentId, tools: PanelPhoneTools) {
    this.agent = agent;
    this.#tools = tools;
    this.lineTools = {
      gateway: tools.gateway,
      logger: tools.logger,
      changed: () => tools.changed(this),
      over: (line) => this.#lineOver(line),
      restore: () => this.#carryOn(),
    };
  }

  get reachable(): boolean {
    return this.#reachable;
  }
  get owner(): string | undefined {
    return this.#owner;
  }
  get state(): PanelPhoneState {
    const state = this.#connection?.state ?? 'none';
    return state === 'closed' ? 'none' : state;
  }

  view(): PanelPhoneView {
    return {
      state: this.state,
      owner: this.#owner,
      connection: this.#connection?.id,
      why: this.#connection ? undefined : this.#why,
      muted: this.#muted,
      lines: [...this.lines].map((line) => line.view()),
    };
  }

  /** @throws phone-elsewhere, media-sdp-rejected … */
  connect(
    session: string,
    offer: string,
    how: { take: boolean; peer?: string | undefined },
  ): Promise<{ connection: string; answer: string }> {
    return this.#step(async () => {
      const before = this.#connection;
      const elsewhere = before !== undefined && this.#owner !== undefined && this.#owner !== session;
      if (elsewhere && !how.take) throw signalingErrors['phone-elsewhere']();
      const { gateway, codecs } = this.#tools;
      const id = connectionId(this.agent);
      const near = before?.id ?? this.#talking()?.facts.id;
      const connection = await gateway.connect({ id, offer, codecs, near, peer: how.peer });
      this.#owner = session;
      this.#use(connection);
      if (before) await this.#close(before);
      await this.#carry();
      this.#tools.changed(this);
      return { connection: id, answer: connection.sdp };
    });
  }

  /** A connection of an earlier server. */
  adopt(connection: WebRtcConnection): void {
    this.#use(connection);
  }

  /** @throws phone-not-connected, media-sdp-rejected */
  async renegotiate(session: string, offer: string): Promise<{ answer: string }> {
    const connection = this.#connection;
    const hers = this.#owner === undefined || this.#owner === session;
    if (!connection || !hers) throw signalingErrors['phone-not-connected']();
    return { answer: await connection.renegotiate(offer) };
  }

  async release(session: string): Promise<void> {
    if (this.#owner !== session || !this.#connection) return;
    await this.#connection.close();
  }

  /** Rings. */
  add(line: PanelLine, atOnce: boolean): void {
    this.lines.add(line);
    line.answer = () => {
      this.answer(line.facts.id).catch((error: unknown) => {
        this.#tools.logger.warn({ err: error, agent: this.agent, line: line.facts.id }, 'panel could not answer');
        line.refuse(480, 'panel-away');
      });
    };
    if (atOnce) setImmediate(() => line.ringing && line.answer?.());
    this.#tools.changed(this);
  }

  /** A talk of an earlier server. */
  addTalking(line: PanelLine): void {
    this.lines.add(line);
    this.#watchOver();
    this.#carryOn();
  }

  /** @throws phone-line-unknown, phone-not-connected, what gateway and engine say */
  answer(id: string): Promise<void> {
    return this.#step(async () => {
      const line = this.line(id);
      const connection = this.#connection;
      if (!connection) throw signalingErrors['phone-not-connected']();
      await line.take(connection);
      if (this.#muted) await line.endpoint.direction('sendonly');
    });
  }

  /** @throws phone-line-unknown */
  line(id: string): PanelLine {
    for (const line of this.lines) if (line.facts.id === id) return line;
    throw signalingErrors['phone-line-unknown']({ line: id });
  }

  async mute(on: boolean): Promise<void> {
    this.#muted = on;
    const talking = [...this.lines].filter(({ up }) => up);
    try {
      await Promise.all(talking.map(({ endpoint }) => endpoint.direction(on ? 'sendonly' : 'sendrecv')));
    } catch (error) {
      // She is told that it failed, and may ask again.
      this.#muted = !on;
      throw error;
    }
    this.#tools.changed(this);
  }

  /** This server goes. */
  abandon(): void {
    clearTimeout(this.#lost);
  }

  #use(connection: WebRtcConnection): void {
    this.#connection = connection;
    this.#why = undefined;
    const current = (act: () => void) => () => {
      if (this.#connection === connection) act();
    };
    const look = current(() => {
      this.#watchOver();
      this.#tools.changed(this);
    });
    connection.on('connected', look);
    connection.on('disconnected', look);
    connection.on('quality', (quality) => {
      if (this.#connection === connection) this.#tools.quality(this, quality);
    });
    connection.once('closed', ({ why }) => this.#closed(connection, why));
    this.#watchOver();
  }

  #closed(connection: WebRtcConnection, why: ConnectionEnd): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#why = why === 'asked' ? 'left' : why;
    this.#tools.logger.info({ agent: this.agent, connection: connection.id, why }, 'phone of a panel is away');
    this.#watchOver();
    this.#tools.changed(this);
  }

  /** Reachable, or away since some moment. */
  #watchOver(): void {
    if (this.state === 'connected') {
      clearTimeout(this.#lost);
      this.#lost = undefined;
      if (this.#reachable) return;
      this.#reachable = true;
      this.#tools.reachable(this, true);
      return;
    }
    if (this.#lost || (!this.#reachable && this.lines.size === 0)) return;
    this.#lost = setTimeout(() => this.#gone(), this.#tools.lostMs).unref();
  }

  #gone(): void {
    this.#lost = undefined;
    const lines = [...this.lines];
    this.#tools.logger.warn({ agent: this.agent, lines: lines.length }, 'phone of a panel is gone');
    if (this.#reachable) {
      this.#reachable = false;
      this.#tools.reachable(this, false);
    }
    for (const line of lines) {
      if (line.up) line.hungUp({ by: 'lost', cause: 'panel-lost' });
      else line.refuse(480, 'panel-lost');
    }
  }

  /** The talk that is to be heard: of several, the one that was answered last. */
  #talking(): PanelLine | undefined {
    return [...this.lines].filter(({ up }) => up).at(-1);
  }

  async #carry(): Promise<void> {
    const connection = this.#connection;
    const line = this.#talking();
    if (connection && line) await line.carry(connection);
  }

  #carryOn(): void {
    this.#step(() => this.#carry()).catch((error: unknown) => {
      this.#tools.logger.warn({ err: error, agent: this.agent }, 'call could not be brought to the panel');
    });
  }

  #lineOver(line: PanelLine): void {
    this.lines.delete(line);
    if (!line.ringing) this.#carryOn();
    this.#tools.changed(this);
  }

  async #close(connection: WebRtcConnection): Promise<void> {
    try {
      await connection.close();
    } catch (error) {
      this.#tools.logger.warn({ err: error, connection: connection.id }, 'connection could not be closed');
    }
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#steps.then(work);
    this.#steps = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
