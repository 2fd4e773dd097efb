// What a leg needs of whatever carries it: a SIP dialog, as it is or that of a phone in a browser, or the line of a phone
// inside a panel.
import type { MediaEndpoint } from '../../media/media-server.ts';
import type { InteractionId, Millis } from '../../values/index.ts';
import type { CallRequest, DialogHandler, SipDialog } from './sip/index.ts';

/** What is known of a call at a panel's phone, and noted for the next server. */
export interface PanelLineFacts {
  id: string;
  interaction: InteractionId | undefined;
  from: string | undefined;
  name: string | undefined;
  since: Millis;
}

/** A confirmed session with the far end. SipDialog is one. */
export interface LegDialog {
  readonly callId: string;
  /** Their latest description. */
  readonly remoteSdp: string;
  readonly over: boolean;
  /** Their description was an offer, which is answered: not to be accepted. */
  readonly agreed?: boolean;
  handler: DialogHandler;
  /** The dialog under it, where it stands before one. */
  readonly sip?: SipDialog;
  /** Of a panel's line. */
  readonly facts?: PanelLineFacts;
  /** Offers a new session. @returns their answer @throws where they decline it or are gone */
  offer(makeSdp: () => Promise<string>): Promise<string>;
  /** Asks whether they are still there. Rejects where they are not; the handler is told as well. */
  request(method: 'OPTIONS'): Promise<unknown>;
  /** How a transfer that they asked for goes on. */
  notifyRefer(status: number, reason: string): Promise<void>;
  /** Hangs up. Never rejects. @param reason value of a Reason header (RFC 3326) */
  bye(reason?: string): Promise<unknown>;
}

/** A call that came in and wants to be answered: an INVITE, or the browser of a visitor of a web page. */
export interface CallIn {
  readonly callId: string;
  /** Their session description; undefined where they want our offer. */
  readonly offer: string | undefined;
  readonly source: { address: string } | undefined;
  /** Its media come by our WebRTC gateway. */
  readonly gateway?: boolean;
  /** Where their offer has to be converted first: what it becomes. Once, before all else. @throws media-sdp-rejected … */
  prepare?(): Promise<string>;
  /** Called once where the caller gives up before the answer. */
  oncancel: (() => void) | undefined;
  provisional(status: number, sdp?: string): void;
  /** @throws where the caller is gone */
  answer(sdp: string, headers?: Record<string, string>): Promise<LegDialog>;
  reject(status: number, reason?: string, headers?: Record<string, string>): void;
}

/** `answered` or `failed` comes exactly once, and nothing after it. */
export interface PanelProgress {
  provisional(status: number, sdp: string | undefined): void;
  answered(dialog: LegDialog): void;
  failed(status: number, reason: string): void;
}

/** A call to a phone that has not answered yet. */
export interface CallUnderWay {
  readonly callId: string | undefined;
  cancel(reason?: string): void;
  /** Where it can be made to answer at once without ringing anew. */
  answer?(): void;
}

/** A phone whose media come by our WebRTC gateway, inside a panel or in a browser's own page, for the leg that rings it. */
export interface PanelTarget {
  call(request: Omit<CallRequest, 'uri' | 'offer'>, endpoint: MediaEndpoint, progress: PanelProgress): CallUnderWay;
}
