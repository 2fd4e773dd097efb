// Who may call, and whom: the first look at every INVITE. What is not known is refused here, before anything is spent.
import type { Logger } from 'pino';
import type { Clock } from '../../values/index.ts';
import type { DidRecord, Directory, SipUserRecord, TrunkRecord } from '../ports/index.ts';
import { type Destination, findDid, resolveDialled } from './dial-plan.ts';
import { type DigestVerifier, type IncomingCall, rows, userOf } from './sip/index.ts';
import type { Trunks } from './trunks.ts';

/** A call that may go on. */
export type Admitted =
  | { from: 'trunk'; trunk: TrunkRecord; did: DidRecord; dialled: string }
  | { from: 'phone'; user: SipUserRecord; destination: Destination; dialled: string };

export interface ScreeningOptions {
  directory: Directory;
  trunks: Trunks;
  verifier: DigestVerifier;
  clock: Clock;
  logger: Logger;
}

/** At most that many refusals of one kind are logged a minute; attackers must not fill the disk. */
const logsPerMinute = 20;

export class Screening {
  readonly #options: ScreeningOptions;
  #minute = 0;
  #logged = 0;
  #suppressed = 0;
  /** Refusals by cause since the start. */
  readonly refused = new Map<string, number>();

  constructor(options: ScreeningOptions) {
    this.#options = options;
  }

  /** Refuses or challenges the call itself and returns undefined, or says what it is. */
  admit(call: IncomingCall): Admitted | undefined {
    const { directory, trunks } = this.#options;
    const dialled = userOf(call.uri);
    const fromUser = userOf(call.from.uri);
    // A phone may stand in a trunk's network (the demo's trunk is the loopback): who names a SIP user is asked to prove it.
    const claimed = directory.sipUsers.get(fromUser);
    const trunk = trunks.bySource(call.source.address);
    if (claimed && (!trunk || call.header('proxy-authorization') !== undefined || !this.#reachesDid(trunk, dialled))) {
      return this.#admitPhone(call, dialled);
    }
    if (!trunk) {
      this.#refuse(call, 403, 'source-unknown');
      return undefined;
    }
    if (trunk.inboundAuth && !this.#proven(call, trunk.inboundAuth)) return undefined;
    const did = findDid(directory, dialled, trunk.country);
    if (!did) {
      this.#refuse(call, 404, 'did-unknown');
      return undefined;
    }
    return { from: 'trunk', trunk, did, dialled };
  }

  #reachesDid(trunk: TrunkRecord, dialled: string): boolean {
    return findDid(this.#options.directory, dialled, trunk.country) !== undefined;
  }

  #proven(call: IncomingCall, { user, ha1 }: NonNullable<TrunkRecord['inboundAuth']>): boolean {
    const { verifier, clock } = this.#options;
    const find = (name: string) => (name === user ? ha1 : undefined);
    const verdict = verifier.verify(call.header('proxy-authorization'), 'INVITE', find, clock.now());
    if (verdict.ok) return true;
    this.#challenge(call, ha1.realm, verdict.why);
    return false;
  }

  #admitPhone(call: IncomingCall, dialled: string): Admitted | undefined {
    const { directory, verifier, clock } = this.#options;
    const find = (name: string) => directory.sipUsers.get(name)?.ha1;
    const verdict = verifier.verify(call.header('proxy-authorization'), 'INVITE', find, clock.now());
    if (!verdict.ok) {
      this.#challenge(call, directory.site.realm, verdict.why);
      return undefined;
    }
    const user = directory.sipUsers.get(verdict.user);
    if (!user || verdict.user !== userOf(call.from.uri)) {
      this.#refuse(call, 403, 'from-not-own');
      return undefined;
    }
    return { from: 'phone', user, destination: resolveDialled(directory, dialled), dialled };
  }

  #challenge(call: IncomingCall, realm: string, why: string): void {
    const { verifier, clock } = this.#options;
    if (why === 'malformed') {
      this.#refuse(call, 400, 'authorization-malformed');
      return;
    }
    if (why !== 'missing' && why !== 'stale') this.#note(call, `authentication-${why}`);
    call.reject(407, undefined, rows('Proxy-Authenticate', verifier.challenges(realm, why === 'stale', clock.now())));
  }

  #refuse(call: IncomingCall, status: number, why: string): void {
    call.reject(status);
    this.#note(call, why);
  }

  #note(call: IncomingCall, why: string): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
    const minute = Math.floor(this.#options.clock.now() / 60_000);
    if (minute !== this.#minute) {
      if (this.#suppressed > 0) {
        this.#options.logger.warn({ suppressed: this.#suppressed }, 'more calls were refused than are logged');
      }
      this.#minute = minute;
      this.#logged = 0;
      this.#suppressed = 0;
    }
    if (++this.#logged > logsPerMinute) {
      this.#suppressed++;
      return;
    }
    const { address, port } = call.source;
    this.#options.logger.warn(
      { why, address, port, sipCallId: call.callId, pii: { to: userOf(call.uri) } },
      'call refused',
    );
  }
}
