// Signaling put together: who calls is screened, phones register, and calls that may go on are handed up.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { MediaServer } from '../../media/media-server.ts';
import type { WebRtcGateway } from '../../media/webrtc-gateway.ts';
import type { AgentId, Clock } from '../../values/index.ts';
import type { AgentRecord, Directory } from '../ports/index.ts';
import type { BindingStore } from './bindings.ts';
import { BrowserPhones } from './browser-phones/browser-phones.ts';
import { type Destination, trunkUri } from './dial-plan.ts';
import type { LegTools } from './leg.ts';
import { LegCallIds } from './leg-call-ids.ts';
import type { PanelTarget } from './leg-dialog.ts';
import { AgentPanelPhones, type PanelPhonesOptions } from './panels/panel-phones.ts';
import { Registrar } from './registrar.ts';
import { type Admitted, Screening } from './screening.ts';
import {
  type CallRequest,
  type DigestAlgorithm,
  DigestVerifier,
  escapeUser,
  type IncomingCall,
  type IncomingRequest,
  type Sip,
} from './sip/index.ts';
import { Trunks } from './trunks.ts';
import { Unclosed } from './unclosed.ts';

export interface SignalingOptions {
  sip: Sip;
  media: MediaServer;
  directory: Directory;
  clock: Clock;
  logger: Logger;
  /** Registrations survive a restart with it. */
  bindings?: BindingStore | undefined;
  /** What phones and trunks are challenged with, in order of preference; default: SHA-256, then MD5. */
  digests?: readonly DigestAlgorithm[] | undefined;
  /** Phones inside panels; without it there are none. */
  webrtc?: Pick<PanelPhonesOptions, 'gateway' | 'iceServers'> | undefined;
  /** Seconds that registrations are granted: at least, by default, at most. */
  expires?: { least: number; usual: number; most: number } | undefined;
}

export interface SignalingEvents {
  /** Admitted, not answered yet. */
  call: [call: IncomingCall, admitted: Admitted];
  /** An agent's phone can be rung, or not any more. */
  reachable: [agent: AgentId, reachable: boolean];
}

/** One phone to ring: everything of the INVITE but the caller and the session description. */
export type PhoneTarget = Pick<CallRequest, 'uri' | 'nextHop' | 'credentials' | 'headers'> & {
  /** A phone whose media come by our WebRTC gateway: rung by it, and not by a plain INVITE. */
  panel?: PanelTarget | undefined;
  /** Called once when the leg is over: gives its place on a trunk back. */
  release?: (() => void) | undefined;
};

const allow = 'INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, UPDATE, REFER, NOTIFY, MESSAGE, REGISTER';

export class Signaling extends EventEmitter<SignalingEvents> {
  readonly trunks: Trunks;
  readonly registrar: Registrar;
  readonly screening: Screening;
  readonly panels: AgentPanelPhones;
  /** SIP phones in browsers; without a WebRTC gateway there are none. */
  readonly browsers: BrowserPhones | undefined;
  readonly callIds = new LegCallIds();
  readonly tools: LegTools;
  readonly #options: SignalingOptions;
  #mediaLost: boolean;

  constructor(options: SignalingOptions) {
    super();
    const { directory, clock, logger, sip, media } = options;
    this.#options = options;
    this.#mediaLost = media.trouble !== undefined;
    const gateway = options.webrtc?.gateway;
    this.browsers = gateway && new BrowserPhones({ sip, media, gateway, logger });
    const { browsers, callIds } = this;
    this.tools = { sip, media, logger, unclosed: new Unclosed(logger), browsers, callIds };
    media.on('lost', () => {
      this.#mediaLost = true;
    });
    media.on('restored', () => {
      this.#mediaLost = false;
      this.tools.unclosed.retry();
    });
    media.on('host-restored', () => this.tools.unclosed.retry());
    this.panels = new AgentPanelPhones({
      gateway,
      iceServers: options.webrtc?.iceServers ?? [],
      media,
      directory,
      clock,
      logger,
      reachable: (agent, reachable) => {
        if (directory.agents.get(agent)?.phone.kind === 'panel') this.emit('reachable', agent, reachable);
      },
    });
    const verifier = new DigestVerifier(options.digests);
    this.trunks = new Trunks(directory, logger);
    this.registrar = new Registrar({
      directory,
      verifier,
      clock,
      logger,
      store: options.bindings,
      ...(options.expires ? { expires: options.expires } : {}),
    });
    this.screening = new Screening({ directory, trunks: this.trunks, verifier, clock, logger });
    this.registrar.bindings.onreachable = (user, reachable) => {
      for (const agent of directory.agents.list()) {
        if (agent.phone.kind === 'registered' && agent.phone.user === user) this.emit('reachable', agent.id, reachable);
      }
    };
    // Somebody new, or somebody with another phone now.
    directory.on('changed', (kind, ids) => {
      if (kind !== 'agents') return;
      for (const id of ids) {
        const agent = directory.agents.get(id);
        if (agent) this.emit('reachable', id, this.reachable(agent));
      }
    });
  }

  /** The media engine is out of reach; what it does goes on. */
  get mediaLost(): boolean {
    return this.#mediaLost;
  }

  /** Of phones in panels and of visitors' browsers; undefined: there are none. */
  get gateway(): WebRtcGateway | undefined {
    return this.#options.webrtc?.gateway;
  }

  get sip(): Sip {
    return this.#options.sip;
  }

  /** New calls and registrations come from now on; adopt before. Resolves when none is refused any more. */
  start(): Promise<void> {
    return this.#options.sip.serve({
      call: (call) => {
        const admitted = this.screening.admit(call);
        if (!admitted) return;
        if (!this.emit('call', call, admitted)) call.reject(503, undefined, { 'Retry-After': '5' });
      },
      request: (request) => this.#request(request),
    });
  }

  close(): void {
    this.panels.close();
    this.registrar.close();
    this.tools.unclosed.close();
  }

  /** Where an agent's phone can be rung now; empty where it is not registered or has no way. */
  phonesOf(agent: AgentRecord, toNumber: (number: string) => PhoneTarget | undefined): PhoneTarget[] {
    const { phone } = agent;
    if (phone.kind === 'uri') return [{ uri: phone.uri }];
    if (phone.kind === 'number') {
      const target = toNumber(phone.number);
      return target ? [target] : [];
    }
    if (phone.kind === 'panel') {
      const panel = this.panels.target(agent);
      return panel ? [{ uri: `panel:${agent.id}`, panel }] : [];
    }
    if (phone.kind === 'none') return [];
    return this.registrar.bindings.of(phone.user, this.#options.clock.now()).map(({ uri, nextHop }) => {
      const contact = nextHop === undefined ? { uri } : { uri, nextHop };
      const panel = this.browsers?.target(contact);
      return panel ? { ...contact, panel } : contact;
    });
  }

  /** Whether her phone could be rung, as far as is known without ringing it. */
  reachable(agent: AgentRecord): boolean {
    if (agent.phone.kind === 'panel') return this.panels.reachable(agent.id);
    return agent.phone.kind === 'registered'
      ? this.registrar.bindings.of(agent.phone.user, this.#options.clock.now()).length > 0
      : agent.phone.kind !== 'none';
  }

  /** The way to a number, with a place on its trunk taken. Emergency calls need none. @returns undefined where the trunk is full */
  overTrunk({ trunk, number, emergency }: Extract<Destination, { kind: 'number' }>): PhoneTarget | undefined {
    const target = { uri: trunkUri(trunk, escapeUser(number)), credentials: trunk.outboundAuth };
    if (emergency) return target;
    if (!this.trunks.enter(trunk)) return undefined;
    return { ...target, release: () => this.trunks.leave(trunk.name) };
  }

  #request(request: IncomingRequest): void {
    switch (request.method) {
      case 'REGISTER':
        this.registrar.register(request);
        return;
      case 'OPTIONS':
        request.reply(200, undefined, { Allow: allow, Accept: 'application/sdp', 'Accept-Language': 'en, zh' });
        return;
      case 'MESSAGE':
      case 'INFO':
      case 'NOTIFY':
        // Nobody here to take it; RFC 3428 §7 wants an answer all the same.
        request.reply(request.method === 'MESSAGE' ? 405 : 481, undefined, { Allow: allow });
        return;
      case 'SUBSCRIBE':
      case 'PUBLISH':
        request.reply(489, 'Bad Event');
        return;
      default:
        request.reply(405, undefined, { Allow: allow });
    }
  }
}
