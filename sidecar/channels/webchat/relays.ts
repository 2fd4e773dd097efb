// STUN and TURN servers for calls from a visitor's browser, where her network lets no audio through to us directly. Each call has
// an account of its own that ends by itself (draft-uberti-behave-turn-rest: coturn's static-auth-secret).
import { createHmac } from 'node:crypto';
import type { Millis } from '../../../values/index.ts';
import type { IceServer } from './protocol.ts';
import type { WebchatSettings } from './settings.ts';

/** A call may last so long: the account is asked for again while it does. */
const accountMs = 12 * 3_600_000;

/**
 * @param now of the clock that TURN servers share
 * @param call by which the TURN server's log knows whose it is
 */
export function relaysFor(relays: WebchatSettings['relays'], now: Millis, call: string): IceServer[] {
  const expires = Math.floor((now + accountMs) / 1_000);
  return relays.map(({ urls, username, secret }) => {
    if (secret === undefined) return { urls };
    if (username !== undefined) return { urls, username, credential: secret };
    const account = `${expires}:${call}`;
    return { urls, username: account, credential: createHmac('sha1', secret).update(account).digest('base64') };
  });
}
