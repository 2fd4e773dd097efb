// The phones inside the panels, as the desk works them. Implemented by server/signaling.
import type { EventEmitter } from 'node:events';
import type { ConnectionQuality } from '../../media/webrtc-gateway.ts';
import type { AgentId, InteractionId, Millis } from '../../values/index.ts';

/**
 * `none`: no panel has its audio here, or what it had is gone. `connecting`: answered, not heard yet. `disconnected`: not heard
 * for some seconds (network change, sleep): an ICE restart or patience brings it back.
 */
export type PanelPhoneState = 'none' | 'connecting' | 'connected' | 'disconnected';

/** One call at her phone. */
export interface PanelLineView {
  line: string;
  state: 'ringing' | 'up';
  /** The contact, where the call is one. */
  interaction?: InteractionId | undefined;
  from?: string | undefined;
  name?: string | undefined;
  since: Millis;
  /** What she hears and speaks into; of several, one. */
  heard: boolean;
}

export interface PanelPhoneView {
  state: PanelPhoneState;
  /** The panel that has the audio, by its session. */
  owner?: string | undefined;
  /** Names the peer connection; another one is another number here. */
  connection?: string | undefined;
  /** Why there is none any more: `left` by the panel, `taken` by another one, `failed`, `lost` (connect again). */
  why?: 'left' | 'taken' | 'failed' | 'lost' | undefined;
  muted: boolean;
  lines: PanelLineView[];
}

export interface IceServer {
  urls: string[];
  username?: string | undefined;
  credential?: string | undefined;
}

export interface PanelPhonesEvents {
  /** All of it. */
  changed: [agent: AgentId, view: PanelPhoneView];
  /** About every 5 s. */
  quality: [agent: AgentId, quality: ConnectionQuality];
}

/** All but `available`, `view` and `iceServers` are for agents whose phone is the panel; others: phone-not-panel. */
export interface PanelPhones extends EventEmitter<PanelPhonesEvents> {
  /** Whether there is a gateway at all. */
  readonly available: boolean;
  /** Undefined for agents whose phone is another. */
  view(agent: AgentId): PanelPhoneView | undefined;
  iceServers(agent: AgentId): IceServer[];
  /**
   * Answers the offer of a panel's new peer connection, which takes the place of the one before. A running call is heard
   * there as soon as it is up.
   * @param how.take even where another panel has the audio @param how.peer where its socket comes from
   * @throws phone-not-panel, phone-no-gateway, phone-elsewhere, media-sdp-rejected, media-no-ports, media-unavailable
   */
  connect(
    agent: AgentId,
    session: string,
    offer: string,
    how: { take: boolean; peer?: string | undefined },
  ): Promise<{ connection: string; answer: string }>;
  /** A new offer of the same peer connection (ICE restart). @throws phone-not-connected, media-sdp-rejected */
  renegotiate(agent: AgentId, session: string, offer: string): Promise<{ answer: string }>;
  /** The panel gives its audio up: it goes, or another one takes over. Does nothing where it has none. */
  release(agent: AgentId, session: string): Promise<void>;
  /** @throws phone-line-unknown, phone-not-connected */
  answer(agent: AgentId, line: string): Promise<void>;
  /** 486 to who rings. @throws phone-line-unknown */
  decline(agent: AgentId, line: string): void;
  /** Puts the receiver down: her leg ends, others in the call stay as they would with any phone. @throws phone-line-unknown */
  hangup(agent: AgentId, line: string): void;
  /** Nobody hears her. Kept over lines and reconnections until it is taken back. */
  mute(agent: AgentId, on: boolean): Promise<void>;
}
