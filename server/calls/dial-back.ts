// A customer is called back: the agent to whom the callback was offered is rung first, then the customer.
import type { Offer, OfferOutcome } from '../../values/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import type { Destination } from '../signaling/index.ts';
import { answersOwnCalls } from './auto-answer.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { ringFar } from './own-call.ts';
import { Ringing } from './ringing.ts';

export interface BackTo {
  agent: AgentRecord;
  destination: Extract<Destination, { kind: 'number' }>;
  queue: string;
  /** Whether the customer is to be called still. */
  wanted(): boolean;
  /** She is there: the call counts among the calls from now on. */
  begin(): void;
}

/** @returns how the offer ended; as soon as she is there, the number is rung */
export async function dialBack(
  tools: CallTools,
  keeper: CallKeeper,
  call: Call,
  offer: Offer,
  { agent, destination, queue, wanted, begin }: BackTo,
  signal: AbortSignal,
): Promise<OfferOutcome> {
  const ringing = new Ringing(tools.signaling.tools, {
    interaction: call.interaction,
    targets: keeper.phones(agent),
    role: 'agent',
    agent: agent.id,
    from: { user: call.facts.toDialled },
    headers: { 'X-Switchroom-Interaction': call.interaction, ...answersOwnCalls(agent) },
    silentMs: agent.phone.kind === 'number' ? 0 : (tools.silentPhoneMs ?? 3_000),
  });
  const abort = () => ringing.abort();
  signal.addEventListener('abort', abort, { once: true });
  const result = await ringing.result;
  signal.removeEventListener('abort', abort);
  call.log.queue = queue;
  call.log.rang(offer.id, result.phones, result.ringMs, result.answered ? 200 : result.status, agent.id);
  if (!result.answered) {
    if (result.how !== 'aborted') return result.how;
    return signal.reason === 'missed' ? 'missed' : 'withdrawn';
  }
  if (!wanted()) {
    result.answered.end();
    return 'withdrawn';
  }
  begin();
  call.dialsAgain(agent.id, queue, true);
  call.callerThere(result.answered);
  if (!call.over) void ringFar(tools, keeper, call, result.answered, destination);
  return 'accepted';
}
