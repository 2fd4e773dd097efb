// Who may call, and whom: the first look at every INVITE. What is not known is refused here, before anything is spent.
import type { Logger } from 'pino';
import { type Clock, LimitedLog } from '../../values/index.ts';
import type { DidRecord, Directory, SipUserRecord, TrunkRecord } from '../ports/index.ts';
import { type Destination, findDid, resolveDialled } from './dial-plan.ts';
import { type DigestVerifier, type IncomingCall, isStale, rows, userOf } from './sip/index.ts';
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

export class Screening {
  readonly #options: ScreeningOptions;
  readonly #log: LimitedLog;
  /** Refusals by cause since the start. */
  readonly refused = new Map<string, number>();

  constructor(options: ScreeningOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.logger, options.clock, 'call refused');
  }

  /** Refuses or challenges the call itself and returns undefined, or says what it is. */
  admit(call: IncomingCall): Admitted | undefined {
    const { directory, trunks } = this.#options;
    const dialled = userOf(call.uri);
    const fromUser = userOf(call.from.uri);
    // A phone may stand in a trunk's network (the demo's trunk is the loopback): who names a SIP user is asked to prove it.
    const claimed = directory.sipUsers.get(fromUser);
    const trunk = trunks.bySource(call.source.address);
    // Elsewhere everybody is: a stranger cannot tell by the answer who is a user here.
    if (!trunk) return this.#admitPhone(call, dialled, claimed !== undefined);
    if (claimed && (call.header('proxy-authorization') !== undefined || !this.#reachesDid(trunk, dialled))) {
      return this.#admitPhone(call, dialled, true);
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
    const { address: source } = call.source;
    const verdict = verifier.verify(call.header('proxy-authorization'), 'INVITE', find, clock.now(), { source });
    if (verdict.ok) return true;
    this.#challenge(call, ha1.realm, verdict.why);
    return false;
  }

  #admitPhone(call: IncomingCall, dialled: string, claimed: boolean): Admitted | undefined {
    const { directory, verifier, clock } = this.#options;
    const find = (name: string) => directory.sipUsers.get(name)?.ha1;
    const context = { source: call.source.address, uri: call.uri };
    const verdict = verifier.verify(call.header('proxy-authorization'), 'INVITE', find, clock.now(), context);
    if (!verdict.ok) {
      if (!claimed && verdict.why === 'missing') this.#note(call, 'source-unknown');
      this.#challenge(call, directory.site.realm, verdict.why);
      return undefined;
    }
    const user = directory.sipUsers.get(verdict.user);
    if (!user || verdict.user !== userOf(call.from.uri)) {
      this.#refuse(call, 403, 'from-not-own');
      return undefined;
    }
    if (isDisabled(directory, user)) {
      this.#refuse(call, 403, 'agent-disabled');
      return undefined;
    }
    const agent = user.agent === undefined ? undefined : directory.agents.get(user.agent);
    return { from: 'phone', user, destination: resolveDialled(directory, dialled, agent), dialled };
  }

  #challenge(call: IncomingCall, realm: string, why: string): void {
    const { verifier, clock } = this.#options;
    if (why === 'malformed' || why === 'blocked') {
      this.#refuse(call, why === 'malformed' ? 400 : 403, `authorization-${why}`);
      return;
    }
    if (why !== 'missing' && why !== 'stale') this.#note(call, `authentication-${why}`);
    const challenges = verifier.challenges(realm, isStale(why), clock.now(), call.source.address);
    call.reject(407, undefined, rows('Proxy-Authenticate', challenges));
  }

  #refuse(call: IncomingCall, status: number, why: string): void {
    call.reject(status);
    this.#note(call, why);
  }

  #note(call: IncomingCall, why: string): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
    const { address, port } = call.source;
    this.#log.warn({ why, address, port, sipCallId: call.callId.slice(0, 128), pii: { to: userOf(call.uri) } });
  }
}

/** The phone of somebody who works here no more neither calls nor is called. */
export function isDisabled(directory: Directory, { agent }: SipUserRecord): boolean {
  return agent !== undefined && directory.agents.get(agent)?.disabled === true;
}
