import type { LinkClient, TraceRequests, WireTraced } from '../../link/index.ts';
import type { InteractionId, Millis } from '../../values/index.ts';
import type { SiteJournal } from '../journal/index.ts';
import type { LegCallId, LegCallIds } from '../signaling/index.ts';
import { traceErrors } from './errors.ts';

/** One leg of the contact: one SIP dialog, or the attempt of one. */
export interface SipLadderLeg {
  callId: string;
  role: LegCallId['role'];
  agent?: string | undefined;
  /** `udp/192.0.2.9:5060`: the far side, as its first message shows; absent where no message is left. */
  address?: string | undefined;
}

export interface SipMessageView {
  at: Millis;
  /** Into Switchroom, or out of it. */
  way: 'in' | 'out';
  transport: WireTraced['protocol'];
  /** `192.0.2.9:5060`. */
  from: string;
  to: string;
  callId: string;
  firstLine: string;
  /** The whole message, secrets masked. */
  text: string;
  /** The same has passed before. */
  retransmission: boolean;
}

export interface SipLadder {
  legs: SipLadderLeg[];
  /** Oldest first. */
  messages: SipMessageView[];
  /** There were more than fit into one answer; the later ones are left out. */
  truncated: boolean;
  /** Messages before that are not kept any more, of no call. */
  since?: Millis | undefined;
}

export interface SipTraceOptions {
  /** To the edge; undefined where there is none. */
  link: Pick<LinkClient, 'request' | 'welcome'> | undefined;
  callIds: Pick<LegCallIds, 'of'>;
  journal: Pick<SiteJournal, 'ofInteraction'>;
}

/** Reads what the edge keeps of SIP messages, by contact. */
export class SipTrace {
  readonly #options: SipTraceOptions;

  constructor(options: SipTraceOptions) {
    this.#options = options;
  }

  /** Its legs, first those that this server has seen, then what the journal knows of earlier ones. */
  legsOf(interaction: InteractionId): LegCallId[] {
    const legs = new Map(this.#options.callIds.of(interaction).map((leg) => [leg.callId, leg]));
    for (const { type, data, agent } of this.#options.journal.ofInteraction(interaction)) {
      const role = type === 'call.leg-ended' ? roleOf(data.role) : 'caller';
      const callId = type === 'call.leg-ended' ? data.sipCallId : type === 'interaction.started' ? data.callId : '';
      if (typeof callId !== 'string' || callId === '' || legs.has(callId)) continue;
      legs.set(callId, { callId, role, ...(role === 'agent' && agent !== undefined ? { agent } : {}) });
    }
    // Panels' lines, and contacts that the server began, have made-up ids: no SIP messages bear them.
    return [...legs.values()];
  }

  /** The messages as they passed. @throws sip-trace-absent, or a LinkFailure where the edge is out of reach */
  async messages(interaction: InteractionId): Promise<TraceRequests['trace.read']['ok']> {
    const { link } = this.#options;
    if (!link?.welcome?.capabilities.includes('trace')) throw traceErrors['sip-trace-absent']();
    const body: TraceRequests['trace.read']['with'] = { callIds: this.legsOf(interaction).map((leg) => leg.callId) };
    return link.request<TraceRequests['trace.read']['ok']>('trace.read', body);
  }

  /** The same for people. @throws as `messages` */
  async ladder(interaction: InteractionId): Promise<SipLadder> {
    const { messages, truncated, since } = await this.messages(interaction);
    const addresses = new Map<string, string>();
    for (const { callId, protocol, remoteAddress, remotePort } of messages) {
      if (!addresses.has(callId)) addresses.set(callId, `${protocol}/${hostPort(remoteAddress, remotePort)}`);
    }
    const seen = new Set<string>();
    return {
      legs: this.legsOf(interaction)
        .filter(({ callId }) => addresses.has(callId))
        .map(({ callId, role, agent }) => ({ callId, role, agent, address: addresses.get(callId) })),
      messages: messages.map((message) => shown(message, seen)),
      truncated,
      since,
    };
  }
}

/** @param seen what passed before */
function shown(message: WireTraced, seen: Set<string>): SipMessageView {
  const { at, way, protocol, callId, bytes } = message;
  const local = hostPort(message.localAddress, message.localPort);
  const remote = hostPort(message.remoteAddress, message.remotePort);
  const same = `${way} ${remote} ${bytes}`;
  const retransmission = seen.has(same);
  seen.add(same);
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return {
    at,
    way,
    transport: protocol,
    from: way === 'in' ? remote : local,
    to: way === 'in' ? local : remote,
    callId,
    firstLine: text.split('\r\n', 1)[0] ?? '',
    text,
    retransmission,
  };
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function roleOf(value: unknown): LegCallId['role'] {
  return value === 'agent' || value === 'far' ? value : 'caller';
}
