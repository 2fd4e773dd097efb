// Which SIP server and which media engine serve, by the settings; nothing above knows.
import { once } from 'node:events';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { asteriskHosts, drachtioHosts, edgeParts, freeswitchSecret } from '../config/index.ts';
import { LinkClient } from '../link/index.ts';
import { EdgeMediaServer } from '../media/edge/index.ts';
import type { MediaServer } from '../media/media-server.ts';
import type { ServerConfiguration } from '../supervisor/index.ts';
import type { MediaHosts } from './api/index.ts';
import { failed } from './errors.ts';
import { connectSip, type DialogMemory, type Sip, type SipServerAddress } from './signaling/index.ts';

export interface Engines {
  /** Where an edge runs: not where other engines do all of its work. */
  link: LinkClient | undefined;
  sip: Sip;
  media: MediaServer;
  /** Of the media engine, where it has several. */
  mediaHosts: MediaHosts | undefined;
}

/** @param opened how to take down what stands, last first; grows @throws edge-unreachable, sip-server-unreachable … */
export async function openEngines(options: {
  configuration: ServerConfiguration;
  epoch: number;
  /** Of the calls that are up, where the SIP server cannot list them. */
  memory: DialogMemory;
  logger: Logger;
  opened: (() => Promise<void> | void)[];
}): Promise<Engines> {
  const { configuration, epoch, memory, logger, opened } = options;
  const { settings, secret, link: path } = configuration;
  const parts = edgeParts(settings);
  const link = parts && new LinkClient({ address: { path }, secret, epoch, logger });
  // Before the link starts, so that no event of its media is missed.
  const edgeMedia = parts?.media && link ? new EdgeMediaServer({ link, logger, sameHost: true }) : undefined;
  if (link) {
    opened.push(() => link.close());
    const up = once(link, 'up', { signal: AbortSignal.timeout(10_000) });
    link.start();
    await up.catch((cause: unknown) => {
      throw failed['edge-unreachable']({ what: 'its link' }, { cause });
    });
  }
  const sip = await connectSip({ ...sipServers(configuration), epoch, link, memory, logger });
  opened.push(() => sip.close());
  const { media, mediaHosts } = edgeMedia
    ? { media: edgeMedia, mediaHosts: undefined }
    : await openMedia({ configuration, sip, logger });
  opened.push(() => media.close());
  return { link, sip, media, mediaHosts };
}

/** The edge beside us, or the drachtio-servers of the settings. @throws settings-invalid where a secret is missing */
function sipServers({
  settings,
  secret,
  drachtioPort,
}: ServerConfiguration): SipServerAddress & { others: SipServerAddress[] } {
  const [first, ...others] = settings.drachtio ? drachtioHosts(settings.drachtio) : [];
  return { ...(first ?? { host: '127.0.0.1', port: drachtioPort, secret }), others };
}

/** The engines beside the edge: they are reached over SIP, so it stands before. Their clients take 15 to 30 MB each. */
async function openMedia(options: {
  configuration: ServerConfiguration;
  sip: Sip;
  logger: Logger;
}): Promise<Pick<Engines, 'media' | 'mediaHosts'>> {
  const { configuration, sip, logger } = options;
  const { settings } = configuration;
  if (settings.media === 'asterisk') {
    const hosts = asteriskHosts(settings.asterisk);
    const audio = settings.asterisk?.audio ?? { bind: '127.0.0.1', port: 0 };
    const { AsteriskMediaServer } = await import('../media/asterisk/index.ts');
    const media = await AsteriskMediaServer.open({ hosts, audio, sip, logger });
    return { media, mediaHosts: media };
  }
  const { freeswitch } = settings;
  const { openFreeswitch } = await import('../media/freeswitch/index.ts');
  const { others, ...first } = sipServers(configuration);
  const media = await openFreeswitch({
    ...freeswitch,
    secret: freeswitchSecret(freeswitch),
    folder: freeswitch.folder ?? join(settings.data, 'freeswitch'),
    sip: [first, ...others],
    logger,
  });
  return { media, mediaHosts: undefined };
}
