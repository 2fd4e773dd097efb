// The SIP dialog that carries an endpoint to Asterisk. We are always the one who calls: with the far side's offer, so that
// Asterisk's 200 is our answer; or, where the far side has not spoken yet, with an offer that leads nowhere, so that the 200
// tells where Asterisk listens, and the far side's answer follows as a re-INVITE (RFC 3725 §4.4). So nobody but the edge
// speaks SIP to Asterisk, and nobody needs to be let in from there.

import type { DialogEnding, Sip, SipDialog } from '../../server/signaling/sip/index.ts';
import { mediaErrors } from '../errors.ts';
import type { Sdp } from '../media-server.ts';

export interface Carrier {
  dialog: SipDialog;
  /** Asterisk's latest description. */
  answer: Sdp;
}

/** Calls Asterisk. @throws media-sdp-rejected, media-unavailable, media-failed */
export function callAsterisk(
  sip: Sip,
  { endpoint, host, offer }: { endpoint: string; host: string; offer: Sdp },
): Promise<SipDialog> {
  return new Promise((resolve, reject) => {
    sip.call(
      { uri: `sip:${endpoint}@${host}`, offer, from: { user: 'switchroom' } },
      {
        provisional: () => {},
        answered: resolve,
        failed: (status, reason) => {
          if (status === 488) reject(mediaErrors['media-sdp-rejected']({ reason: `Asterisk says ${reason}` }));
          else if (status === 408 || status === 503 || status === 480) {
            reject(mediaErrors['media-unavailable']({ reason: `Asterisk at ${host}: ${status} ${reason}` }));
          } else reject(mediaErrors['media-failed']({ reason: `Asterisk at ${host}: ${status} ${reason}` }));
        },
      },
    );
  });
}

/** Asterisk starts nothing in the dialog but its end. */
export function watchDialog(dialog: SipDialog, ended: (ending: DialogEnding) => void): void {
  dialog.handler = {
    ended,
    offered: (_sdp, reply) => reply.accept(dialog.localSdp),
    acknowledged: () => {},
    info: () => {},
    referred: ({ reply }) => reply(603),
  };
}
