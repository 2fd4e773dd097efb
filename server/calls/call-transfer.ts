// An agent gives the customer away: the blind transfer, from the panel or by her phone's own key, and the far side of a
// transfer to a number while it rings.
import { type TransferTarget, throwRefusal } from '../ports/index.ts';
import { type Destination, type Leg, type Referral, resolveDialled, userOf } from '../signaling/index.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';
import { joinCalls } from './joining.ts';
import { referTarget } from './replaces.ts';
import { ringbackTone } from './ringback.ts';
import { Ringing } from './ringing.ts';

/** How long the target of an agent's transfer to a number may ring. */
const transferRingMs = 60_000;

export class CallTransfer {
  readonly #call: Call;
  readonly #tools: CallTools;
  readonly #keeper: Pick<CallKeeper, 'callOf'>;
  #ringing: Ringing | undefined;

  constructor(call: Call, tools: CallTools, keeper: Pick<CallKeeper, 'callOf'>) {
    this.#call = call;
    this.#tools = tools;
    this.#keeper = keeper;
  }

  /**
   * Blind: the agent's part is over at once, so what nobody could take now is refused before, and the talk goes on.
   * @param destination where `to` is a number
   * @throws call-wrong-phase, agent-unreached; queue-closed, queue-full, queue-unstaffed, agent-away
   */
  blind(to: TransferTarget, destination: Destination | undefined): void {
    const call = this.#call;
    if (!call.can('dialling')) throw callErrors['call-wrong-phase']({ phase: call.state });
    this.mustBeTaken(to);
    this.send(to, destination);
  }

  /** Whether somebody could take the customer there. @throws agent-unreached, queue-closed, queue-full, queue-unstaffed, agent-away */
  mustBeTaken(to: TransferTarget): void {
    if ('number' in to) return;
    const { directory, queueing } = this.#tools;
    const agent = 'agent' in to ? directory.agents.get(to.agent) : undefined;
    const queue =
      'queue' in to ? to.queue : agent && this.#call.place.queueFor(agent, this.#call.talk.part?.facts.queue);
    if (queue === undefined) throw callErrors['agent-unreached']({ agent: Object.values(to)[0] });
    const where = { queue, only: agent?.id };
    throwRefusal(queueing.refuses('voice', where), where);
  }

  /** The customer goes there, whatever comes of it: the agent's part is over. */
  send(to: TransferTarget, destination: Destination | undefined): void {
    const call = this.#call;
    call.log.transferred(to);
    const { agent: giver, queue } = call.talk.part?.facts ?? {};
    call.talk.end('transferred');
    const agent = 'agent' in to ? this.#tools.directory.agents.get(to.agent) : undefined;
    if ('number' in to && destination?.kind === 'number') {
      const back = call.place.now?.id;
      const comeBack = () => (back !== undefined && call.place.enterAs(back)) || call.place.comeBack(giver, queue);
      void this.dial(destination, transferRingMs, () => this.#sentOn(comeBack()));
    } else if ('queue' in to) this.#sentOn(call.place.enterAs(to.queue, giver));
    else this.#sentOn(agent !== undefined && call.place.enterFor(agent, { queue, giver }));
  }

  #sentOn(taken: boolean): void {
    if (!taken) this.#call.finish('system', 'transfer-failed');
  }

  /** Rings a number; the caller hears the ringing tone, then the far side. `failed` is called where nobody takes it. */
  async dial(
    destination: Extract<Destination, { kind: 'number' }>,
    ringMs: number,
    failed: (how: 'busy' | 'no-answer' | 'failed') => void,
  ): Promise<void> {
    const call = this.#call;
    const { customer } = call;
    if (!customer || customer.over || !call.step('dialling')) return;
    const target = this.#tools.signaling.overTrunk(destination);
    const ringing = new Ringing(this.#tools.signaling.tools, {
      interaction: call.interaction,
      targets: target ? [target] : [],
      role: 'far',
      // A trunk takes only numbers that are ours.
      from: { user: call.facts.did ?? call.facts.to },
      near: customer.endpointId,
      silentMs: 0,
    });
    this.#ringing = ringing;
    const ringback = customer.endpoint.play(ringbackTone, { times: Number.POSITIVE_INFINITY });
    const timer = setTimeout(() => ringing.abort(), ringMs);
    const result = await ringing.result;
    clearTimeout(timer);
    ringback.stop();
    this.#ringing = undefined;
    if (call.over) {
      result.answered?.end();
      return;
    }
    call.log.rang(undefined, result.phones, result.ringMs, result.answered ? 200 : result.status);
    if (result.answered) {
      call.step('connected');
      call.place.forget();
      await call.talk.begin({ agent: undefined, acd: false, record: false }, customer, result.answered);
      return;
    }
    const how = result.how === 'declined' ? 'busy' : result.how === 'aborted' ? 'no-answer' : 'failed';
    call.log.transferFailed(how, result.status);
    call.step('dial-failed');
    failed(how);
  }

  /** REFER of the agent's phone: a transfer by its own key, blind or, with Replaces, to whom she asked by another call. */
  referred(leg: Leg, referral: Referral): void {
    const { part } = this.#call.talk;
    if (leg !== part?.other || part.agent === undefined) {
      referral.refuse(403);
      return;
    }
    const { uri, replaces } = referTarget(referral.referTo);
    if (replaces) {
      if (replaces === 'malformed') referral.refuse(400);
      else joinCalls(this.#call, this.#keeper.callOf(replaces), part.agent, referral);
      return;
    }
    const { directory } = this.#tools;
    const destination = resolveDialled(directory, userOf(uri), directory.agents.get(part.agent));
    const to = asTarget(destination);
    if (!to || !this.#call.can('dialling')) {
      referral.refuse(destination.kind === 'refused' && destination.why === 'not-allowed' ? 403 : 404);
      return;
    }
    try {
      this.mustBeTaken(to);
    } catch (error) {
      const { interaction } = this.#call;
      this.#tools.logger.info({ err: error, interaction }, "a phone's transfer would have reached nobody");
      referral.refuse(480);
      return;
    }
    referral.accept();
    referral.progress(100, 'Trying');
    referral.progress(200, 'OK');
    this.send(to, destination);
  }

  /** The call is over. */
  stop(): void {
    this.#ringing?.abort();
  }
}

function asTarget(destination: Destination): TransferTarget | undefined {
  if (destination.kind === 'agent') return { agent: destination.agent };
  if (destination.kind === 'queue') return { queue: destination.queue };
  if (destination.kind === 'number') return { number: destination.dialled };
  return undefined;
}
