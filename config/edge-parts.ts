// Which part of the work is the edge's; the rest is done by the engines that the settings name.
/** The settings that say it. */
interface Wanted {
  drachtio?: object | undefined;
  media: string;
}

export interface EdgeParts {
  /** It terminates SIP; else a drachtio-server does. */
  sip: boolean;
  /** It plays, listens, records and mixes; else Asterisk or FreeSWITCH does. */
  media: boolean;
}

/** @returns undefined where no edge is wanted at all */
export function edgeParts({ drachtio, media }: Wanted): EdgeParts | undefined {
  const parts = { sip: drachtio === undefined, media: media === 'edge' };
  return parts.sip || parts.media ? parts : undefined;
}
