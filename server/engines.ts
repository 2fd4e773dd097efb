// Which SIP server and which media engine serve, by the settings; nothing above knows.
import { once } from 'node:events';
import type { Logger } from 'pino';
import { LinkClient } from '../link/index.ts';
import { EdgeMediaServer } from '../media/edge/index.ts';
import type { MediaServer } from '../media/media-server.ts';
import type { ServerConfiguration } from '../supervisor/index.ts';
import { failed } from './errors.ts';
import { connectSip, type Sip } from './signaling/index.ts';

export interface Engines {
  link: LinkClient;
  sip: Sip;
  media: MediaServer;
}

/** @param opened how to take down what stands, last first; grows @throws edge-unreachable, sip-server-unreachable … */
export async function openEngines(options: {
  configuration: ServerConfiguration;
  epoch: number;
  logger: Logger;
  opened: (() => Promise<void> | void)[];
}): Promise<Engines> {
  const { configuration, epoch, logger, opened } = options;
  const { settings, secret, link: path, drachtioPort } = configuration;
  const link = new LinkClient({ address: { path }, secret, epoch, logger });
  // Before the link starts, so that no event of its media is missed.
  const edgeMedia = settings.media === 'edge' ? new EdgeMediaServer({ link, logger, sameHost: true }) : undefined;
  opened.push(() => link.close());
  const up = once(link, 'up', { signal: AbortSignal.timeout(10_000) });
  link.start();
  await up.catch((cause: unknown) => {
    throw failed['edge-unreachable']({ what: 'its link' }, { cause });
  });
  const sip = await connectSip({ host: '127.0.0.1', port: drachtioPort, secret, epoch, link, logger });
  opened.push(() => sip.close());
  const media = edgeMedia ?? (await openMedia(configuration));
  opened.push(() => media.close());
  return { link, sip, media };
}

/** The engines beside the edge: they are reached over SIP, so it stands before. */
async function openMedia({ settings }: ServerConfiguration): Promise<MediaServer> {
  throw failed['media-not-built']({ media: settings.media });
}
