// Which facts are part of the audit: what people with power did, and who came in.
import type { JournalEvent } from '../journal/index.ts';

const audited = [
  'account.',
  'directory.',
  'flow.',
  'moment.saved',
  'moment.removed',
  'knowledge.',
  'evaluation.',
  'journal.person-erased',
  'recording.listened',
  'retention.',
  'egress.',
  'uplink.settled',
  'server.',
  'sip.messages-read',
  'call.monitored',
  'customer.exported',
  'customer.merged',
  'customer.unmerged',
  'customer.merge-suggestion-closed',
];

export function isAudited({ type, agent, data }: JournalEvent): boolean {
  if (audited.some((name) => (name.endsWith('.') ? type.startsWith(name) : type === name))) return true;
  // What was done to an agent by somebody else: a supervisor who forced her state, for one.
  return type.startsWith('agent.') && typeof data.by === 'string' && data.by !== agent;
}

/** Who did it: an agent's id, `token:…`, `local` (command line), `ldap`, `oidc`; of logins the person herself. */
export function actorOf({ agent, data }: JournalEvent): string | undefined {
  return typeof data.by === 'string' ? data.by : agent;
}

/** What it was done to, where that is not the agent of the event. */
export function subjectOf({ agent, interaction, customer, data }: JournalEvent): string | undefined {
  for (const field of ['key', 'flow', 'token', 'recording', 'article', 'evaluation', 'moment']) {
    const value = data[field];
    if (typeof value === 'string') return value;
  }
  return agent ?? interaction ?? customer;
}
