// Which WebRTC gateway serves the panels' phones, by the settings; nothing above knows.
import type { Logger } from 'pino';
import type { Settings } from '../config/index.ts';
import type { LinkClient } from '../link/index.ts';
import { EdgeWebRtcGateway } from '../media/edge/index.ts';
import type { WebRtcGateway } from '../media/webrtc-gateway.ts';

/** @returns undefined where there is none: panels have no phone of their own then, all other phones work */
export async function openWebRtc(
  settings: Settings,
  link: LinkClient | undefined,
  logger: Logger,
): Promise<WebRtcGateway | undefined> {
  const { engine } = settings.webrtc;
  if (engine === 'off') return undefined;
  const gateway = engine === 'edge' ? undefined : await mediasoup(settings, logger);
  if (gateway) return gateway;
  // There may be no edge, or one of other settings or an earlier version.
  if (engine === 'mediasoup' || !link?.welcome?.capabilities.includes('webrtc')) {
    logger.warn({ engine }, 'no WebRTC gateway: panels have no phone');
    return undefined;
  }
  return new EdgeWebRtcGateway({ link, logger });
}

async function mediasoup(settings: Settings, logger: Logger): Promise<WebRtcGateway | undefined> {
  const { announce, ports, workers, workerBinary } = settings.webrtc;
  try {
    const { openMediasoup } = await import('../media/mediasoup/index.ts');
    return await openMediasoup({
      binary: workerBinary,
      bind: settings.bind,
      announce: announce ?? settings.advertise,
      ports,
      workers,
      logger,
    });
  } catch (error) {
    // Calls to every other phone must not wait for this.
    logger.error({ err: error }, 'mediasoup could not be opened');
    return undefined;
  }
}
