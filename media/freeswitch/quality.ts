// What FreeSWITCH counts of a channel's RTP, in our words.
import type { Quality } from '../media-server.ts';

/** @param dump of `uuid_dump`, after `uuid_set_media_stats`: lines `name: value`, values percent-encoded */
export function qualityOf(dump: string): Quality {
  const values = new Map<string, string>();
  for (const line of dump.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) values.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const number = (name: string) => {
    const value = Number(values.get(`variable_rtp_audio_in_${name}`));
    return Number.isFinite(value) ? value : 0;
  };
  const mos = number('mos');
  return {
    received: number('media_packet_count'),
    lost: number('skip_packet_count'),
    // It keeps the variance of the interarrival times in ms²; RFC 3550's jitter is a running mean of their difference.
    jitterMs: Math.round(Math.sqrt(number('jitter_max_variance')) * 100) / 100,
    mos: mos >= 1 ? Math.min(4.5, mos) : 1,
    codec: values.get('variable_rtp_use_codec_name') ?? '',
  };
}
