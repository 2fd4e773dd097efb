// Which WebRTC gateway serves the panels' phones, by the settings; nothing above knows.
import type { Logger } from 'pino';
import type { Settings } from '../config/index.ts';
import type { WebRtcGateway } from '../media/webrtc-gateway.ts';

/** @returns undefined where there is none: panels have no phone of their own then, all other phones work */
export async function openWebRtc(settings: Settings, logger: Logger): Promise<WebRtcGateway | undefined> {
  const { engine, announce, ports, workers, workerBinary } = settings.webrtc;
  if (engine !== 'auto' && engine !== 'mediasoup') return undefined;
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
    logger.error({ err: error }, 'WebRTC gateway could not be opened: panels have no phone');
    return undefined;
  }
}
