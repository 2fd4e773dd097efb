import type { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { Target } from '../transport/index.ts';
import { InviteServer } from './invite-server.ts';
import { serverKey } from './keys.ts';
import { NonInviteServer } from './non-invite-server.ts';
import type { ServerBase } from './server-transaction.ts';
import type { Surroundings } from './surroundings.ts';

/** All server transactions, by the key of RFC 3261 §17.2.3. */
export class ServerTable implements Surroundings {
  readonly transport: Surroundings['transport'];
  readonly wheel: Surroundings['wheel'];
  readonly timing: Surroundings['timing'];
  readonly counters: Surroundings['counters'];
  readonly logger: Surroundings['logger'];
  readonly #byKey = new Map<string, InviteServer | NonInviteServer>();

  constructor(around: Omit<Surroundings, 'over'>) {
    this.transport = around.transport;
    this.wheel = around.wheel;
    this.timing = around.timing;
    this.counters = around.counters;
    this.logger = around.logger;
  }

  get size(): number {
    return this.#byKey.size;
  }

  create(key: string, request: SipMessage, arrival: Arrival, target: Target): InviteServer | NonInviteServer {
    const Kind = request.method === 'INVITE' ? InviteServer : NonInviteServer;
    const server = new Kind(key, request, arrival, target, this);
    this.counters.serverTransactions++;
    this.#byKey.set(key, server);
    return server;
  }

  get(key: string): InviteServer | NonInviteServer | undefined {
    return this.#byKey.get(key);
  }

  /** The INVITE that an ACK or a CANCEL is about: same branch, sent-by and so on. */
  inviteOf(request: SipMessage): InviteServer | undefined {
    const found = this.#byKey.get(serverKey(request, 'INVITE'));
    return found instanceof InviteServer ? found : undefined;
  }

  /** The transaction that a response answers. */
  answeredBy(response: SipMessage): ServerBase<string> | undefined {
    return this.#byKey.get(serverKey(response, response.cseq.method)) as ServerBase<string> | undefined;
  }

  over(member: { readonly key: string }): void {
    this.#byKey.delete(member.key);
  }
}
