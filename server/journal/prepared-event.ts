// An appended event on its way to its row: text made, personal fields apart.
import { z } from 'zod';
import { failed } from './errors.ts';
import { newSalt, personalDigest } from './hash-chain.ts';
import type { EventScope, NewEvent } from './types.ts';

export interface Prepared extends EventScope {
  type: string;
  version: number;
  at: number;
  /** As appended. */
  facts: Record<string, unknown>;
  /** JSON without the personal fields. */
  data: string;
  personal: string | null;
  subject: string | null;
  salt: Buffer | null;
  digest: Buffer | null;
}

/**
 * @param checked check data against the schema
 * @throws event-invalid: where checked, and the data does not fit; a mistake of the program, never of its input
 */
export function prepare(event: NewEvent, checked: boolean): Prepared {
  const { type, at, interaction, agent, queue, customer, team } = event;
  if (checked) {
    const result = type.schema.safeParse(event.data);
    if (!result.success) throw failed['event-invalid']({ type: type.name, reason: z.prettifyError(result.error) });
  }
  const facts = event.data as Record<string, unknown>;
  const prepared: Prepared = {
    type: type.name,
    version: type.version,
    at,
    interaction,
    agent,
    queue,
    customer,
    team,
    facts,
    data: '',
    personal: null,
    subject: null,
    salt: null,
    digest: null,
  };
  if (type.personal.every((field) => facts[field] === undefined)) {
    prepared.data = JSON.stringify(facts);
    return prepared;
  }
  const open: Record<string, unknown> = {};
  const apart: Record<string, unknown> = {};
  for (const field of Object.keys(facts)) {
    if (type.personal.includes(field)) apart[field] = facts[field];
    else open[field] = facts[field];
  }
  prepared.data = JSON.stringify(open);
  prepared.personal = JSON.stringify(apart);
  prepared.subject = customer ?? interaction ?? agent ?? null;
  prepared.salt = newSalt();
  prepared.digest = personalDigest(prepared.salt, prepared.personal);
  return prepared;
}
