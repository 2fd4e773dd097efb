// All phones inside panels.
import { createHmac } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { MediaEndpoint, MediaServer } from '../../../media/media-server.ts';
import type { WebRtcGateway } from '../../../media/webrtc-gateway.ts';
import { type AgentId, type Clock, newId } from '../../../values/index.ts';
import type {
  AgentRecord,
  Directory,
  IceServer,
  PanelPhones,
  PanelPhonesEvents,
  PanelPhoneView,
} from '../../ports/index.ts';
import { BrowserPhones } from '../browser-phones/browser-phones.ts';
import { signalingErrors } from '../errors.ts';
import type { LegDialog, PanelLineFacts, PanelTarget } from '../leg-dialog.ts';
import { PanelLine } from './panel-line.ts';
import { agentOf, PanelPhone } from './panel-phone.ts';

export interface PanelPhonesOptions {
  /** Undefined: panels have no phones, and say so. */
  gateway: WebRtcGateway | undefined;
  media: MediaServer;
  directory: Directory;
  /** `secret` without `username`: an account of a day for each panel (coturn's use-auth-secret). */
  iceServers: readonly { urls: string[]; username?: string | undefined; secret?: string | undefined }[];
  clock: Clock;
  logger: Logger;
  /** How long a panel may be away before its calls end. Default 15,000 ms, as the desk's own. */
  lostMs?: number | undefined;
  /** An agent's phone can be rung, or not any more. */
  reachable(agent: AgentId, reachable: boolean): void;
}

const accountMs = 86_400_000;

export class AgentPanelPhones extends EventEmitter<PanelPhonesEvents> implements PanelPhones {
  readonly #options: PanelPhonesOptions;
  readonly #phones = new Map<AgentId, PanelPhone>();

  constructor(options: PanelPhonesOptions) {
    super();
    this.#options = options;
  }

  get available(): boolean {
    return this.#options.gateway !== undefined;
  }

  view(agent: AgentId): PanelPhoneView | undefined {
    if (this.#options.directory.agents.get(agent)?.phone.kind !== 'panel') return undefined;
    return this.#phones.get(agent)?.view() ?? { state: 'none', muted: false, lines: [] };
  }

  reachable(agent: AgentId): boolean {
    return this.#phones.get(agent)?.reachable ?? false;
  }

  iceServers(agent: AgentId): IceServer[] {
    const expires = Math.floor((this.#options.clock.now() + accountMs) / 1_000);
    return this.#options.iceServers.map(({ urls, username, secret }) => {
      if (secret === undefined) return { urls };
      if (username !== undefined) return { urls, username, credential: secret };
      const account = `${expires}:${agent}`;
      return { urls, username: account, credential: createHmac('sha1', secret).update(account).digest('base64') };
    });
  }

  // ── for the desk ──────────────────────────────────────────────────────────────────────────────────────────────────

  async connect(
    agent: AgentId,
    session: string,
    offer: string,
    how: { take: boolean; peer?: string | undefined },
  ): Promise<{ connection: string; answer: string }> {
    if (!this.available) throw signalingErrors['phone-no-gateway']();
    if (this.view(agent) === undefined) throw signalingErrors['phone-not-panel']();
    return this.#phone(agent).connect(session, offer, how);
  }

  renegotiate(agent: AgentId, session: string, offer: string): Promise<{ answer: string }> {
    return this.#hers(agent).renegotiate(session, offer);
  }

  async release(agent: AgentId, session: string): Promise<void> {
    await this.#phones.get(agent)?.release(session);
  }

  answer(agent: AgentId, line: string): Promise<void> {
    return this.#hers(agent).answer(line);
  }

  decline(agent: AgentId, line: string): void {
    this.#hers(agent).line(line).refuse(486, 'declined');
  }

  hangup(agent: AgentId, line: string): void {
    const found = this.#hers(agent).line(line);
    if (found.up) found.hungUp({ by: 'remote', cause: 'BYE' });
    else found.refuse(486, 'declined');
  }

  mute(agent: AgentId, on: boolean): Promise<void> {
    return this.#hers(agent).mute(on);
  }

  // ── for calls ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Her phone to ring; undefined where it is away. */
  target({ id, phone: kind }: AgentRecord): PanelTarget | undefined {
    const phone = this.#phones.get(id);
    if (!phone?.reachable || kind.kind !== 'panel') return undefined;
    return {
      call: ({ from, headers = {} }, endpoint, progress) => {
        const facts = {
          id: newId('pln'),
          interaction: headers['X-Switchroom-Interaction'],
          from: from.user === 'anonymous' ? undefined : from.user,
          name: from.name,
          since: this.#options.clock.now(),
        };
        const line = PanelLine.ring(facts, endpoint, phone.lineTools, progress);
        phone.add(line, kind.answers === 'at-once' || headers['Answer-Mode'] === 'Auto');
        return line;
      },
    };
  }

  /** Takes up what a gateway that outlived the server before still has. Once, before calls are adopted. */
  async adopt(): Promise<void> {
    const { gateway, logger } = this.#options;
    if (!gateway?.capabilities.adoption) return;
    const { connections } = await gateway.list();
    for (const connection of connections) {
      if (BrowserPhones.owns(connection.id)) continue;
      const agent = agentOf(connection.id);
      if (agent !== undefined && this.view(agent) !== undefined) this.#phone(agent).adopt(connection);
      else await connection.close();
    }
    logger.info({ connections: connections.length }, 'panels of the server before');
  }

  /** Calls are adopted: lines that none of them has are closed. */
  async adopted(): Promise<void> {
    const { gateway, logger } = this.#options;
    if (!gateway?.capabilities.adoption) return;
    const known = new Set([...this.#phones.values()].flatMap(({ lines }) => [...lines].map(({ facts }) => facts.id)));
    const { lines } = await gateway.list();
    for (const result of await Promise.allSettled(
      lines.filter(({ id }) => !known.has(id) && !BrowserPhones.owns(id)).map((line) => line.close()),
    )) {
      if (result.status === 'rejected') logger.warn({ err: result.reason }, 'line of nobody could not be closed');
    }
  }

  /** A talk of an earlier server. It waits for the panel, as long as a panel may be away. @returns undefined where there is no gateway */
  async revive(agent: AgentId, facts: PanelLineFacts, endpoint: MediaEndpoint): Promise<LegDialog | undefined> {
    const { gateway } = this.#options;
    if (!gateway) return undefined;
    const { lines } = await gateway.list();
    const phone = this.#phone(agent);
    const line = PanelLine.revive(
      facts,
      endpoint,
      phone.lineTools,
      lines.find(({ id }) => id === facts.id),
    );
    phone.addTalking(line);
    return line;
  }

  close(): void {
    for (const phone of this.#phones.values()) phone.abandon();
    this.#phones.clear();
  }

  #phone(agent: AgentId): PanelPhone {
    const known = this.#phones.get(agent);
    if (known) return known;
    const { gateway, media, clock, logger, lostMs = 15_000 } = this.#options;
    if (!gateway) throw signalingErrors['phone-no-gateway']();
    const phone = new PanelPhone(agent, {
      gateway,
      codecs: media.capabilities.codecs,
      clock,
      logger,
      lostMs,
      changed: (changed) => this.emit('changed', agent, changed.view()),
      quality: (_, quality) => this.emit('quality', agent, quality),
      reachable: (_, reachable) => this.#options.reachable(agent, reachable),
    });
    this.#phones.set(agent, phone);
    return phone;
  }

  /** @throws phone-not-connected */
  #hers(agent: AgentId): PanelPhone {
    const phone = this.#phones.get(agent);
    if (!phone) throw signalingErrors['phone-not-connected']();
    return phone;
  }
}
