// What the API asks of calls from visitors' browsers. Implemented by server/calls.
import type { CustomerId, InteractionId, Language } from '../../values/index.ts';

export interface VisitorCallRequest {
  /** ChannelRecord of the web page's chat. */
  via: string;
  /** Her conversation there; one call at a time. */
  thread: string;
  /** What is dialled: a DID. */
  number: string;
  /** SDP of the browser: audio, `sendrecv`. */
  offer: string;
  /** Address of the browser, to choose ours by route. */
  peer?: string | undefined;
  name?: string | undefined;
  language?: Language | undefined;
}

export interface VisitorCalling {
  /** @throws visitor-number, visitor-no-webrtc, visitor-busy, media-sdp-rejected, media-no-ports, media-unavailable */
  begin(
    request: VisitorCallRequest,
    customer:
      | { id: CustomerId; name?: string | undefined; tags: string[]; language?: Language | undefined }
      | undefined,
  ): Promise<{ call: string; interaction: InteractionId; answer: string }>;
  /** Keys of the page's keypad. @throws visitor-call-unknown: also of another channel's */
  digits(via: string, call: string, digits: string): void;
  /** Hangs up. @throws visitor-call-unknown */
  end(via: string, call: string): void;
}
