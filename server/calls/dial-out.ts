// A call that an agent asks for by panel or API: her own phone is rung first (it answers by itself where it can), then who
// was asked for. An outbound contact of a queue, with its wrap-up, where she is in one.
import type { AgentRecord } from '../ports/index.ts';
import type { Destination } from '../signaling/index.ts';
import { answersOwnCalls } from './auto-answer.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';
import { ringFar } from './own-call.ts';
import { Ringing } from './ringing.ts';

/** How long her own phone may ring. */
const ownRingMs = 30_000;

export interface DialOut {
  agent: AgentRecord;
  destination: Extract<Destination, { kind: 'number' | 'agent' }>;
  /** The contact counts there. */
  queue: string | undefined;
}

/** Rings her phone, then the far side. @throws phone-unreachable where there is nothing to ring; `call` has not begun then */
export function dialOut(
  tools: CallTools,
  keeper: CallKeeper,
  call: Call,
  { agent, destination, queue }: DialOut,
): void {
  const targets = keeper.phones(agent);
  if (targets.length === 0) throw callErrors['phone-unreachable']({ who: agent.id });
  call.dialling(agent.id, destination.kind === 'number' ? queue : undefined);
  const ringing = new Ringing(tools.signaling.tools, {
    interaction: call.interaction,
    targets,
    role: 'agent',
    agent: agent.id,
    from: { user: call.facts.toDialled },
    headers: { 'X-Switchroom-Interaction': call.interaction, ...answersOwnCalls(agent) },
    silentMs: agent.phone.kind === 'number' ? 0 : (tools.silentPhoneMs ?? 3_000),
  });
  call.dials(ringing);
  const timer = setTimeout(() => ringing.abort(), ownRingMs);
  void ringing.result.then(({ answered, ...result }) => {
    clearTimeout(timer);
    if (call.over) {
      answered?.end();
      return;
    }
    if (!answered) {
      call.notPlaced('status' in result ? (result.status ?? 480) : 480);
      return;
    }
    call.callerThere(answered);
    if (!call.over) void ringFar(tools, keeper, call, answered, destination);
  });
}
