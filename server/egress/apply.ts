// One event of the journal → what of it may leave, by the plan. Pure.
import type { OutgoingEvent } from '../../uplink/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import { hashed, masked } from './mask.ts';
import type { EgressPlan, FieldPlan } from './policy.ts';

/** @returns undefined where the event is kept, or its kind is unknown to the plan */
export function outgoing(event: JournalEvent, plan: EgressPlan, key: Buffer): OutgoingEvent | undefined {
  const fields = plan.events[`${event.type}@${event.version}`];
  if (fields === undefined || fields === 'keep') return undefined;
  const data: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event.data)) {
    const how = fields[field];
    if (how === undefined) data[field] = value;
    else treat(data, field, value, how, whatOf(event, how, value), key);
  }
  const { seq, at, type, version, interaction, agent, queue, customer, team } = event;
  return { seq, at, type, version, interaction, agent, queue, customer, team, data };
}

function treat(
  data: Record<string, unknown>,
  field: string,
  value: unknown,
  { action, kind }: FieldPlan,
  what: string,
  key: Buffer,
): void {
  if (action === 'keep' || value === undefined) return;
  // null takes a value away (customer.changed): that there is none says nothing.
  if (value === null) {
    data[field] = value;
    return;
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (action === 'send') data[field] = value;
  else data[field] = action === 'hash' ? hashed(key, what, text) : masked(kind, text);
  if (action === 'send' || action === 'mask+hash') data[`${field}#`] = hashed(key, what, text);
}

/** A caller's number and a customer's `phone` identity give the same hash; a mail's sender and her `mail` identity, too. */
function whatOf({ data }: JournalEvent, { kind }: FieldPlan, value: unknown): string {
  if (kind === 'identity' && typeof data.kind === 'string') return data.kind;
  if (kind !== 'number') return kind;
  const { channel } = data;
  if (typeof channel !== 'string' || channel === 'voice' || typeof value !== 'string') return 'phone';
  if (value.startsWith('+')) return 'phone';
  return value.includes('@') ? 'mail' : channel;
}
