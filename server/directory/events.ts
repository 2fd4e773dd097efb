import { z } from 'zod';
import { defineEvent, type EventType } from '../journal/index.ts';

const kinds = {
  skill: 'skill',
  hours: 'table of opening hours',
  queue: 'queue',
  agent: 'agent',
  did: 'DID',
  channel: 'digital channel',
  trunk: 'trunk',
  'sip-user': 'SIP user',
  'dial-rule': 'dial rule',
} as const;

export type Kind = keyof typeof kinds;

export interface PutData {
  key: string;
  by: string;
  record: Record<string, unknown>;
  person?: Record<string, unknown> | undefined;
  before?: Record<string, unknown> | undefined;
  personBefore?: Record<string, unknown> | undefined;
}

export interface RemovedData {
  key: string;
  by: string;
  before?: Record<string, unknown> | undefined;
  personBefore?: Record<string, unknown> | undefined;
}

const record = z.record(z.string(), z.unknown());

function put(kind: Kind): EventType<PutData> {
  return defineEvent(
    `directory.${kind}-put`,
    1,
    {
      key: z.string(),
      by: z.string(),
      record,
      person: record.optional(),
      before: record.optional(),
      personBefore: record.optional(),
    },
    {
      personal: ['person', 'personBefore'],
      about: `A ${kinds[kind]} was created or replaced; the whole record without secrets, what is personal in it apart in \`person\`; \`before\` is what was replaced.`,
    },
  );
}

function removed(kind: Kind): EventType<RemovedData> {
  return defineEvent(
    `directory.${kind}-removed`,
    1,
    { key: z.string(), by: z.string(), before: record.optional(), personBefore: record.optional() },
    { personal: ['personBefore'], about: `A ${kinds[kind]} was removed; \`before\` is what it was.` },
  );
}

export const directoryEvents: Record<Kind, { put: EventType<PutData>; removed: EventType<RemovedData> }> = {
  skill: { put: put('skill'), removed: removed('skill') },
  hours: { put: put('hours'), removed: removed('hours') },
  queue: { put: put('queue'), removed: removed('queue') },
  agent: { put: put('agent'), removed: removed('agent') },
  did: { put: put('did'), removed: removed('did') },
  channel: { put: put('channel'), removed: removed('channel') },
  trunk: { put: put('trunk'), removed: removed('trunk') },
  'sip-user': { put: put('sip-user'), removed: removed('sip-user') },
  'dial-rule': { put: put('dial-rule'), removed: removed('dial-rule') },
};

export const loggedIn = defineEvent(
  'account.logged-in',
  1,
  { session: z.string(), address: z.string().optional(), way: z.enum(['password', 'ldap', 'oidc']).optional() },
  {
    personal: ['address'],
    about: 'A person logged in (`agent` of the scope); `session` is the beginning of its hash.',
  },
);

export const loggedOut = defineEvent(
  'account.logged-out',
  1,
  { session: z.string(), why: z.enum(['asked', 'password-changed', 'second-factor-removed', 'disabled']) },
  { about: 'A session ended before its time.' },
);

export const loginRefused = defineEvent(
  'account.login-refused',
  1,
  { login: z.string().optional(), address: z.string().optional() },
  {
    personal: ['login', 'address'],
    about:
      'A login was refused because login or password was wrong (attempts while locked out are not written). A login that nobody has is not written: it may be a password.',
  },
);

export const passwordSet = defineEvent(
  'account.password-set',
  1,
  { by: z.string() },
  { about: 'The password of a person (`agent` of the scope) was set or changed; her sessions ended.' },
);

export const tokenCreated = defineEvent(
  'account.token-created',
  1,
  {
    token: z.string(),
    name: z.string(),
    roles: z.array(z.string()),
    by: z.string(),
    endsAt: z.number().optional(),
    channels: z.array(z.string()).optional(),
  },
  { about: 'An API token was created (its id, never its secret).' },
);

export const tokenRevoked = defineEvent(
  'account.token-revoked',
  1,
  { token: z.string(), by: z.string() },
  { about: 'An API token was revoked.' },
);

export const secondFactorSet = defineEvent(
  'account.second-factor-set',
  1,
  { by: z.string() },
  { about: 'A person (`agent` of the scope) set up her second factor.' },
);

export const secondFactorRemoved = defineEvent(
  'account.second-factor-removed',
  1,
  { by: z.string() },
  { about: 'The second factor of a person (`agent` of the scope) was removed.' },
);

export const recoveryCodeUsed = defineEvent(
  'account.recovery-code-used',
  1,
  { left: z.number() },
  { about: 'A person (`agent` of the scope) logged in with a recovery code; how many are left.' },
);

export const recoveryCodesRenewed = defineEvent(
  'account.recovery-codes-renewed',
  1,
  { by: z.string() },
  { about: 'A person (`agent` of the scope) had new recovery codes made; the earlier ones count no more.' },
);
