// The codecs as mediasoup's library wants them said.
import type { RouterRtpCodecCapability, RtpCapabilities, RtpCodecParameters } from 'mediasoup/types';
import { type Codec, codecs } from '../webrtc/index.ts';

export function routerCodecs(): RouterRtpCodecCapability[] {
  return codecs.map((codec) => ({ kind: 'audio', preferredPayloadType: codec.payloadType, ...common(codec) }));
}

/** For `produce`. */
export function sentIn(codec: Codec): RtpCodecParameters {
  return { payloadType: codec.payloadType, ...common(codec) };
}

/** For `consume`: no header extensions, since their numbers would have to be the other side's. */
export function takenIn(codec: Codec): RtpCapabilities {
  return {
    codecs: [{ kind: 'audio', preferredPayloadType: codec.payloadType, ...common(codec) }],
    headerExtensions: [],
  };
}

function common({ name, clockRate, channels, parameters }: Codec) {
  return { mimeType: `audio/${name}` as const, clockRate, channels, parameters: { ...parameters }, rtcpFeedback: [] };
}
