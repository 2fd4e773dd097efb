// What a first start creates, so that a call to 95500 is answered. No password is a default: all are drawn here, and
// handed back once.
import type { Directory } from '../ports/index.ts';
import type { Accounts } from './accounts.ts';
import { ha1 } from './ha1.ts';
import { generatePassword } from './passwords.ts';
import { agentSchema, channelSchema, queueSchema } from './records.ts';

export interface DemoSecrets {
  logins: { login: string; password: string; roles: string[] }[];
  sipUsers: { user: string; password: string; realm: string }[];
}

/** What a demo agent has at once. */
const room = { voice: 1, chat: 3, social: 2, mail: 2, sms: 2, work: 2 };

/**
 * Creates the demo: trunk `local` (loopback), DID 95500 → flow `bank`, queues `service` and `vip`, three skills, agents
 * 1001 and 1002 with a SIP user each, 1003 and a supervisor whose phone is the panel, an administrator, and the web chat `web`.
 * @param by who did it, for the audit
 * @returns the generated secrets, to be shown once
 */
export async function seedDemo(directory: Directory, accounts: Accounts, by = 'setup'): Promise<DemoSecrets> {
  const site = directory.site.name;
  const scope = { site, team: 'demo' };
  for (const skill of ['banking', 'loans', 'mandarin']) await directory.skills.put({ site, name: skill }, by);
  const queues = [
    {
      id: 'service',
      name: { en: 'Customer service', zh: '客户服务' },
      dispositions: ['solved', 'callback', 'complaint', 'wrong-number'],
      record: true,
    },
    {
      id: 'vip',
      name: { en: 'Private banking', zh: '贵宾服务' },
      priority: 5,
      skills: [{ skill: 'banking', least: 3 }],
      rings: [{ afterMs: 20_000, relaxSkillsBy: 2 }],
      dispositions: ['solved', 'callback', 'complaint'],
      record: true,
    },
  ];
  for (const queue of queues) await directory.queues.put(queueSchema.parse({ ...scope, ...queue }), by);
  const people = [
    {
      id: '1001',
      name: 'Ada Agent',
      roles: ['agent'],
      language: 'en',
      skills: { banking: 4, loans: 2 },
      queues: ['service', 'vip'],
    },
    {
      id: '1002',
      name: '陈静',
      roles: ['agent'],
      language: 'zh',
      skills: { banking: 2, mandarin: 5 },
      queues: ['service', 'vip'],
    },
    {
      id: '1003',
      name: 'Pat Panel',
      roles: ['agent'],
      language: 'en',
      skills: { banking: 3, mandarin: 1 },
      queues: ['service'],
      phone: { kind: 'panel' },
    },
    { id: 'supervisor', name: 'Sam Supervisor', roles: ['supervisor'], language: 'en', phone: { kind: 'panel' } },
    { id: 'admin', name: 'Administrator', roles: ['admin'], language: 'en' },
  ];
  const secrets: DemoSecrets = { logins: [], sipUsers: [] };
  for (const person of people) {
    const rings = person.roles.includes('agent') && !('phone' in person);
    const phone = rings ? { kind: 'registered', user: person.id } : { kind: 'none' };
    const team = person.id === 'admin' ? {} : { team: scope.team };
    const capacity = person.roles.includes('agent') ? room : { voice: 1 };
    const whole = { site, ...team, phone, capacity, ...person, autoAnswer: rings };
    await directory.agents.put(agentSchema.parse(whole), by);
    const password = generatePassword();
    await accounts.setPassword(person.id, password, by);
    secrets.logins.push({ login: person.id, password, roles: person.roles });
    if (!rings) continue;
    const sipPassword = generatePassword();
    const { realm } = directory.site;
    const sipUser = { ...scope, user: person.id, ha1: ha1(person.id, realm, sipPassword), agent: person.id };
    await directory.sipUsers.put(sipUser, by);
    secrets.sipUsers.push({ user: person.id, password: sipPassword, realm });
  }
  const { country } = directory.site;
  await directory.trunks.put({ site, name: 'local', sources: ['127.0.0.0/8', '::1'], country }, by);
  await directory.dids.put({ ...scope, number: '95500', flow: 'bank', language: 'en' }, by);
  const chat = { ...scope, id: 'web', name: { en: 'Web chat', zh: '网页聊天' }, kind: 'webchat', channel: 'chat' };
  await directory.channels.put(channelSchema.parse({ ...chat, to: { queue: 'service' } }), by);
  return secrets;
}
