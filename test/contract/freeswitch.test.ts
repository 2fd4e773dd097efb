import { Rig, rtpTimeoutMs } from './freeswitch/rig.ts';
import { mediaServerContract } from './media-server.ts';

mediaServerContract('freeswitch double', async () => {
  const rig = await Rig.make();
  return {
    media: rig.media,
    again: () => rig.driver(),
    rtpTimeoutMs,
    close: () => rig.close(),
  };
});
