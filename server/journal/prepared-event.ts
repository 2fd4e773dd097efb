// An appended event on its way to its row: text made, personal fields apart.
import { z } from 'zod';
import { failed } from './errors.ts';
import { newSalt, personalDigest } from './hash-chain.ts';
import type { EventScope, NewEvent } from './types.ts';

export interface Prepared extends EventScope {
  type: string;
  version: number;
  at: number;
  data: Record<string, unknown>;
  /** JSON without the personal fields. */
  text: string;
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
  const data = event.data as Record<string, unknown>;
  const prepared: Prepared = {
    type: type.name,
    version: type.version,
    at,
    interaction,
    agent,
    queue,
    customer,
    team,
    data,
    text: '',
    personal: null,
    subject: null,
    salt: null,
    digest: null,
  };
  const personal = type.personal.filter((field) => data[field] !== undefined);
  if (personal.length === 0) {
    prepared.text = JSON.stringify(data);
    return prepared;
  }
  const open: Record<string, unknown> = {};
  const apart: Record<string, unknown> = {};
  for (const field of Object.keys(data)) {
    if (personal.includes(field)) apart[field] = data[field];
    else open[field] = data[field];
  }
  prepared.text = JSON.stringify(open);
  prepared.personal = JSON.stringify(apart);
  prepared.subject = customer ?? interaction ?? agent ?? null;
  prepared.salt = newSalt();
  prepared.digest = personalDigest(prepared.salt, prepared.personal);
  return prepared;
}
