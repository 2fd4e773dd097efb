// Kinds of events: each folder declares its own at load, and this registry is what docs and readers go by.
import { z } from 'zod';
import type { EventScope, EventType, NewEvent } from './types.ts';

/** Every declared kind by `name@version`. docs/events.md is generated from it. */
export const eventTypes = new Map<string, EventType>();

/**
 * Declares a kind of event; call it once, at load.
 * @param name noun, dot, past participle: `call.answered`
 * @param shape zod shape of `data`; every field JSON
 * @param how.personal fields of the shape that say something about a person: kept apart, and erasable. They must be
 *   optional in the eyes of every reader, because an erased person's are gone
 * @param how.about one sentence for docs/events.md
 * @throws Error where the name is malformed or that version is declared already
 */
export function defineEvent<Shape extends z.ZodRawShape>(
  name: string,
  version: number,
  shape: Shape,
  how: { personal?: readonly (keyof Shape & string)[]; about: string },
): EventType<z.infer<z.ZodObject<Shape, z.core.$strict>>> {
  if (!/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/.test(name)) throw new Error(`event name ${name} is malformed`);
  const key = `${name}@${version}`;
  if (eventTypes.has(key)) throw new Error(`event ${key} is declared twice`);
  const schema = z.strictObject(shape);
  const type = { name, version, schema, personal: how.personal ?? [], about: how.about };
  // The registry reads names and schemas only, never data, so the narrower data type may be forgotten here.
  eventTypes.set(key, type as unknown as EventType);
  return type as unknown as EventType<z.infer<typeof schema>>;
}

/** An event to append, with the data's shape checked by the compiler against its type. The journal owns `data` from then on. */
export function newEvent<Data extends object>(
  type: EventType<Data>,
  at: number,
  data: Data,
  scope: EventScope = {},
): NewEvent {
  return { type: type as unknown as EventType, at, data, ...scope };
}
