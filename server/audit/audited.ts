// Which facts are part of the audit: what people with power did, and who came in.
import type { JournalEvent } from '../journal/index.ts';

const audited = [
  'account.',
  'audit.',
  'canned-answer.',
  'directory.',
  'flow.saved',
  'moment.saved',
  'moment.removed',
  'knowledge.',
  'quality.',
  'journal.person-erased',
  'recording.listened',
  'retention.',
  'egress.',
  'uplink.settled',
  'server.',
  'sip.messages-read',
  'call.monitored',
  'desk.state-forced',
  'customer.exported',
  'customer.merged',
  'customer.unmerged',
  'customer.merge-suggestion-closed',
];

export function isAudited({ type }: Pick<JournalEvent, 'type'>): boolean {
  return audited.some((name) => (name.endsWith('.') ? type.startsWith(name) : type === name));
}

/** Who did it: an agent's id, `token:…`, `local` (command line), `ldap`, `oidc`; of logins the person herself. */
export function actorOf({ agent, data }: JournalEvent): string | undefined {
  return typeof data.by === 'string' ? data.by : agent;
}

/** Fields that name what something was done to, the nearest first. */
const subjects = [
  'key',
  'flow',
  'token',
  'recording',
  'article',
  'evaluation',
  'calibration',
  'form',
  'moment',
  'hold',
  'answer',
];

/** What it was done to, where that is not the agent of the event. */
export function subjectOf({ agent, interaction, customer, data }: JournalEvent): string | undefined {
  for (const field of subjects) {
    const value = data[field];
    if (typeof value === 'string') return value;
  }
  // Of what the router notes: the first of the path.
  if (typeof data.on === 'object' && data.on !== null) return Object.values(data.on)[0];
  return agent ?? interaction ?? customer;
}
