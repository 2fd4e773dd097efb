// Headers by which phones answer by themselves; each maker reads another one. (RFC 5373, and what Polycom, Yealink, Snom
// and others take from Call-Info and Alert-Info.)
import type { AgentRecord } from '../ports/index.ts';

export const autoAnswer: Readonly<Record<string, string>> = {
  'Call-Info': '<sip:localhost>;answer-after=0',
  'Alert-Info': '<http://localhost>;info=alert-autoanswer;delay=0',
  'Answer-Mode': 'Auto',
};

/** Whether her phone can be made to answer: a panel's always, others where they are said to. */
export function obeys({ autoAnswer: told, phone }: AgentRecord): boolean {
  return told || phone.kind === 'panel';
}

/** For a call that she asked for herself. */
export function answersOwnCalls(agent: AgentRecord): Readonly<Record<string, string>> {
  return obeys(agent) ? autoAnswer : {};
}
