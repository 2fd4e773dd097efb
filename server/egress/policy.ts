// What may leave the site, per kind of event and field (egress.json): sent, masked, hashed with the site's key, or kept here.
// Without a file the preset `bank` holds. A field that the policy does not know and that says something about a person is kept.
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { ValueKind } from './mask.ts';

/** `mask+hash`: the masked value under the field's name, its hash under `<field>#`, by which sites find the same person. */
export const actions = ['send', 'mask', 'hash', 'mask+hash', 'keep'] as const;
export type Action = (typeof actions)[number];
const action = z.enum(actions);

/**
 * Grades of JR/T 0171-2020 for personal financial information. C3: what proves who somebody is (PINs, codes, secrets). C2: who
 * a customer is, and what she said or wrote. C1: for internal use; here all that says nothing about a customer.
 */
export const grades = ['C1', 'C2', 'C3'] as const;
export type Grade = (typeof grades)[number];

/** What each preset does with values of each kind. */
export const presets: Readonly<Record<'bank' | 'open' | 'closed', Readonly<Record<ValueKind, Action>>>> = {
  bank: {
    number: 'mask+hash',
    mail: 'mask+hash',
    identity: 'mask+hash',
    name: 'mask',
    text: 'keep',
    staff: 'keep',
    secret: 'keep',
  },
  open: { number: 'send', mail: 'send', identity: 'send', name: 'send', text: 'send', staff: 'send', secret: 'keep' },
  closed: { number: 'keep', mail: 'keep', identity: 'hash', name: 'keep', text: 'keep', staff: 'keep', secret: 'keep' },
};

const eventPattern = z
  .string()
  .regex(/^(\*|[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*(\.\*)?)$/, 'is no event such as interaction.step, message.* or *');

export const policySchema = z.strictObject({
  $schema: z.string().optional(),
  preset: z.enum(['bank', 'open', 'closed']).default('bank'),
  /** For all fields of a grade, over the preset. */
  grades: z.partialRecord(z.enum(grades), action).default({}),
  /** By kind of event; the longest pattern wins, and a field over its event. */
  events: z.record(eventPattern, z.union([z.enum(['send', 'keep']), z.record(z.string(), action)])).default({}),
});
export type EgressPolicy = z.infer<typeof policySchema>;

/** What the journal's registry says of one kind of event. */
export interface EventShape {
  name: string;
  version: number;
  fields: readonly string[];
  personal: readonly string[];
}

export interface FieldPlan {
  action: Action;
  kind: ValueKind;
  grade: Grade;
}

/** Plain data, so that it goes to a worker and into the log as it is. `fields` names those that are changed, kept, or hashed beside. */
export interface EgressPlan {
  /** SHA-256 (hex) of the rest. */
  readonly id: string;
  readonly events: Readonly<Record<string, 'keep' | Readonly<Record<string, FieldPlan>>>>;
}

export interface PolicyFault {
  /** Where in the file: `events`, `interaction.step`, `value`. */
  path: (string | number)[];
  sentence: string;
}

/** Kinds of personal fields by name; what stands nowhere here is text. */
const kinds: Readonly<Record<string, ValueKind>> = {
  from: 'number',
  fromDialled: 'number',
  to: 'number',
  toDialled: 'number',
  number: 'number',
  fromName: 'name',
  name: 'name',
  authorName: 'name',
  mail: 'mail',
  address: 'staff',
  login: 'staff',
  person: 'staff',
  personBefore: 'staff',
  secret: 'secret',
};

/** The same field name means another thing in these. */
const kindsOf: Readonly<Record<string, Readonly<Record<string, ValueKind>>>> = {
  'customer.created': { value: 'identity' },
  'customer.identity-added': { value: 'identity' },
  'customer.identity-verified': { value: 'identity' },
  'customer.identity-claimed': { value: 'identity' },
  'customer.identity-removed': { value: 'identity' },
  'interaction.step': { value: 'number' },
};

/** Words that are about a machine and may name a customer: a bounce quotes the address, a reviewer the message. */
const mayName: Readonly<Record<string, readonly string[]>> = {
  'message.failed': ['reason'],
  'message.reviewed': ['why'],
  'moment.acted': ['why'],
};

/** What concerns the site's own staff and machines says nothing that the cloud needs. */
const keptByPreset: Readonly<Record<EgressPolicy['preset'], readonly string[]>> = {
  bank: ['account.*', 'audit.*', 'directory.*', 'desk.*', 'sip.*', 'egress.*', 'retention.*'],
  closed: ['account.*', 'audit.*', 'directory.*', 'desk.*', 'sip.*', 'egress.*', 'retention.*', 'message.*'],
  open: ['account.*', 'egress.*'],
};

/** Out of those: what a contact was about belongs to its figures. */
const sentByPreset = 'desk.disposition-set';

/** Every mistake that the schema cannot see: events and fields that do not exist. */
export function policyFaults(policy: EgressPolicy, shapes: readonly EventShape[]): PolicyFault[] {
  const found: PolicyFault[] = [];
  for (const [pattern, rule] of Object.entries(policy.events)) {
    const meant = shapes.filter(({ name }) => covers(pattern, name));
    if (meant.length === 0) {
      found.push({ path: ['events', pattern], sentence: `There is no kind of event ${pattern}.` });
      continue;
    }
    if (typeof rule === 'string') continue;
    for (const field of Object.keys(rule)) {
      if (meant.some(({ fields }) => fields.includes(field))) continue;
      found.push({ path: ['events', pattern, field], sentence: `${pattern} has no field ${field}.` });
    }
  }
  return found;
}

/** What is done with each field of each kind of event. */
export function planOf(policy: EgressPolicy, shapes: readonly EventShape[]): EgressPlan {
  const events: Record<string, 'keep' | Record<string, FieldPlan>> = {};
  for (const shape of shapes) events[`${shape.name}@${shape.version}`] = planOfEvent(policy, shape);
  return { id: hash('sha256', canonical(events), 'hex'), events };
}

function planOfEvent(policy: EgressPolicy, { name, fields, personal }: EventShape): 'keep' | Record<string, FieldPlan> {
  const rules = Object.entries(policy.events)
    .filter(([pattern]) => covers(pattern, name))
    .sort(([a], [b]) => b.length - a.length)
    .map(([, rule]) => rule);
  const whole = rules.find((rule) => typeof rule === 'string');
  const byField = rules.filter((rule) => typeof rule !== 'string');
  const named = (field: string): Action | undefined => byField.find((rule) => Object.hasOwn(rule, field))?.[field];
  const kept =
    whole ??
    (name !== sentByPreset && keptByPreset[policy.preset].some((pattern) => covers(pattern, name)) ? 'keep' : 'send');
  // Fields that are named leave even where the rest of the event does not.
  if (kept === 'keep' && byField.length === 0) return 'keep';
  const plan: Record<string, FieldPlan> = {};
  for (const field of fields) {
    const about = personal.includes(field) || mayName[name]?.includes(field) === true;
    const kind = kindsOf[name]?.[field] ?? kinds[field] ?? 'text';
    const grade: Grade = !about ? 'C1' : kind === 'secret' ? 'C3' : 'C2';
    const preset = about ? presets[policy.preset][kind] : 'send';
    const chosen = named(field) ?? (kept === 'keep' ? 'keep' : (policy.grades[grade] ?? preset));
    // What is sent as it is gets its hash beside it, by which other sites find the person.
    const found = about && (kind === 'number' || kind === 'identity' || kind === 'mail');
    if (chosen !== 'send' || found) plan[field] = { action: chosen, kind, grade };
  }
  return plan;
}

function covers(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
