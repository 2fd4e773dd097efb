import type { SipMessage } from '../message/index.ts';
import type { ClientTransactionUser } from '../stack.ts';
import type { Target } from '../transport/index.ts';
import type { ClientBase, ClientSurroundings } from './client-transaction.ts';
import { InviteClient } from './invite-client.ts';
import { clientKey } from './keys.ts';
import { NonInviteClient } from './non-invite-client.ts';
import type { Surroundings } from './surroundings.ts';

/** The CANCEL's own fate interests nobody: what counts is the final response to its INVITE, or 64·T1. */
const nobody: ClientTransactionUser = { response: () => undefined, failed: () => undefined };

/** All client transactions, by branch and method, and which of them wait on which connection. */
export class ClientTable implements ClientSurroundings {
  readonly transport: Surroundings['transport'];
  readonly wheel: Surroundings['wheel'];
  readonly timing: Surroundings['timing'];
  readonly counters: Surroundings['counters'];
  readonly logger: Surroundings['logger'];
  readonly #byKey = new Map<string, ClientBase<string>>();
  readonly #byConnection = new Map<string, Set<ClientBase<string>>>();
  readonly #connectionOf = new Map<ClientBase<string>, string>();

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

  /** Makes the machine for a request that has our Via on top; it does not start it. */
  create(request: SipMessage, user: ClientTransactionUser): ClientBase<string> {
    const client =
      request.method === 'INVITE' ? new InviteClient(request, user, this) : new NonInviteClient(request, user, this);
    this.counters.clientTransactions++;
    const member: ClientBase<string> = client as unknown as ClientBase<string>;
    this.#byKey.set(client.key, member);
    return member;
  }

  /** The transaction that a response belongs to (RFC 3261 §17.1.3). */
  match(response: SipMessage): ClientBase<string> | undefined {
    const branch = response.topVia.params.get('branch');
    const client = branch === undefined ? undefined : this.#byKey.get(clientKey(branch, response.cseq.method));
    return client?.callId === response.callId ? client : undefined;
  }

  startCancel(cancel: SipMessage, target: Target): void {
    this.create(cancel, nobody).start([target]);
  }

  over(member: ClientBase<string>): void {
    this.#byKey.delete(member.key);
    this.#leaveConnection(member);
  }

  rekeyed(member: ClientBase<string>, before: string): void {
    this.#byKey.delete(before);
    this.#byKey.set(member.key, member);
  }

  carriedBy(member: ClientBase<string>, connection: string): void {
    this.#leaveConnection(member);
    const members = this.#byConnection.get(connection);
    if (members === undefined) this.#byConnection.set(connection, new Set([member]));
    else members.add(member);
    this.#connectionOf.set(member, connection);
  }

  connectionClosed(connection: string): void {
    for (const member of [...(this.#byConnection.get(connection) ?? [])]) member.connectionLost(connection);
  }

  #leaveConnection(member: ClientBase<string>): void {
    const connection = this.#connectionOf.get(member);
    if (connection === undefined) return;
    this.#connectionOf.delete(member);
    const members = this.#byConnection.get(connection);
    members?.delete(member);
    if (members?.size === 0) this.#byConnection.delete(connection);
  }
}
