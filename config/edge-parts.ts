// Which part of the work is the edge's; the rest is done by the engines that the settings name.
/** The settings that say it. */
interface Wanted {
  drachtio?: object | undefined;
  media: string;
  webrtc?: { engine: string } | undefined;
}

export interface EdgeParts {
  /** It terminates SIP; else a drachtio-server does. */
  sip: boolean;
  /** It plays, listens, records and mixes; else Asterisk or FreeSWITCH does. */
  media: boolean;
  /** It serves panels' phones, where it is asked to: `auto` takes it only where it runs anyway and mediasoup's worker is missing. */
  webrtc: boolean;
}

/** @returns undefined where no edge is wanted at all */
export function edgeParts({ drachtio, media, webrtc }: Wanted): EdgeParts | undefined {
  const [sip, own] = [drachtio === undefined, media === 'edge'];
  const engine = webrtc?.engine;
  const parts = { sip, media: own, webrtc: engine === 'edge' || (engine === 'auto' && (sip || own)) };
  return parts.sip || parts.media || parts.webrtc ? parts : undefined;
}
