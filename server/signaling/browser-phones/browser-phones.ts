// SIP phones in browsers (JsSIP, SIP.js): they register over WebSocket and speak WebRTC. Their calls go by the same gateway
// as those of panels, and their legs see plain RTP, so that nothing else in the server knows them apart.
//
//   phone ══SIP over WebSocket══ edge ──── BrowserDialog ──── leg
//   phone ══ICE, DTLS, SRTP══ connection ──attach── line ──RTP── endpoint
//
// A gateway only answers offers (it is ICE-lite, and DTLS-passive). So such a phone is called without one: its offer comes
// with its 200, and our answer goes out in the ACK (RFC 3264 §5, RFC 3261 §13.2.1).
import type { Logger } from 'pino';
import type { MediaServer } from '../../../media/media-server.ts';
import type { Line, WebRtcConnection, WebRtcGateway } from '../../../media/webrtc-gateway.ts';
import type { CallIn, LegDialog, PanelTarget } from '../leg-dialog.ts';
import { parseUri, type Sip, type SipDialog } from '../sip/index.ts';
import { BrowserCallIn } from './browser-call-in.ts';
import { BrowserDialog } from './browser-dialog.ts';
import { BrowserMedia, type BrowserMediaTools, dialogKey, keyOf } from './browser-media.ts';
import { isWebRtc } from './phone-sdp.ts';

export interface BrowserPhonesOptions {
  sip: Sip;
  media: MediaServer;
  gateway: WebRtcGateway;
  logger: Logger;
}

export class BrowserPhones {
  readonly #options: BrowserPhonesOptions;
  /** What the server before has left, until it is taken up. */
  readonly #connections = new Map<string, WebRtcConnection>();
  readonly #lines = new Map<string, Line>();

  constructor(options: BrowserPhonesOptions) {
    this.#options = options;
  }

  /** Whether a connection or line of the gateway belongs to one of them. */
  static owns(id: string): boolean {
    return keyOf(id) !== undefined;
  }

  /** How a contact is rung that may be one. @returns undefined where it is none */
  target({ uri, nextHop }: { uri: string; nextHop?: string | undefined }): PanelTarget | undefined {
    if (!/^wss?$/i.test(parseUri(uri)?.params.transport ?? '')) return undefined;
    const { sip, logger } = this.#options;
    return {
      call: (request, endpoint, progress) => {
        let media: BrowserMedia | undefined;
        return sip.call(
          { ...request, uri, nextHop, offer: undefined },
          {
            provisional: (status) => progress.provisional(status, undefined),
            offered: async (sdp, dialog) => {
              if (!isWebRtc(sdp)) {
                // WebSocket without WebRTC: a gateway to other phones, or a program.
                const answer = await endpoint.renegotiate(sdp);
                dialog.agreed = true;
                return answer;
              }
              const offer = { callId: dialog.callId, sdp, peer: dialog.remoteAddress };
              media = await BrowserMedia.open(this.#tools, offer, endpoint.sdp);
              return media.answer;
            },
            answered: (dialog) => progress.answered(media ? new BrowserDialog(dialog, media, logger) : dialog),
            failed: (status, reason) => {
              media?.close();
              progress.failed(status, reason);
            },
          },
        );
      },
    };
  }

  /** A call that came in, as its leg is to see it. */
  callIn(call: CallIn): CallIn {
    const { offer, callId, source } = call;
    if (offer === undefined || !isWebRtc(offer)) return call;
    const open = () => BrowserMedia.open(this.#tools, { callId, sdp: offer, peer: source?.address });
    return new BrowserCallIn(call, open, this.#options.logger);
  }

  /** Looks what a gateway that outlived the server before still has. Once, before calls are adopted. */
  async adopt(): Promise<void> {
    const { gateway } = this.#options;
    if (!gateway.capabilities.adoption) return;
    const { connections, lines } = await gateway.list();
    for (const one of connections) if (keyOf(one.id) !== undefined) this.#connections.set(one.id, one);
    for (const one of lines) if (keyOf(one.id) !== undefined) this.#lines.set(one.id, one);
  }

  /**
   * A dialog of the server before, as its leg is to see it.
   * @returns undefined where the media of its phone are gone
   */
  revive(dialog: SipDialog): LegDialog | undefined {
    const { callId, remoteSdp, remoteAddress } = dialog;
    if (!isWebRtc(remoteSdp)) return dialog;
    const key = dialogKey(callId);
    for (const [id, line] of this.#lines) {
      const connection = this.#connections.get(line.connection ?? '');
      if (keyOf(id) !== key || !connection) continue;
      this.#lines.delete(id);
      this.#connections.delete(connection.id);
      const offer = { callId, sdp: remoteSdp, peer: remoteAddress };
      const media = BrowserMedia.revive(this.#tools, offer, line, connection);
      return new BrowserDialog(dialog, media, this.#options.logger);
    }
    return undefined;
  }

  /** Calls are adopted: what none of them has is closed. */
  async adopted(): Promise<void> {
    const left = [...this.#lines.values(), ...this.#connections.values()];
    this.#lines.clear();
    this.#connections.clear();
    for (const result of await Promise.allSettled(left.map((one) => one.close()))) {
      if (result.status === 'rejected') {
        this.#options.logger.warn({ err: result.reason }, 'media of a phone in a browser could not be closed');
      }
    }
  }

  get #tools(): BrowserMediaTools {
    const { gateway, media, logger } = this.#options;
    return { gateway, codecs: media.capabilities.codecs, logger };
  }
}
