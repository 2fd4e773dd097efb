// What the agent's screen shows of a callback before her phone rings.
import type { CustomerId, InteractionId, PopContent } from '../../values/index.ts';
import { type Callback, nameIn } from './callback.ts';

/** @param known the customer as she is known now */
export function popOf(
  callback: Callback,
  interaction: InteractionId,
  known: { id: CustomerId; name?: string | undefined; tags: string[] } | undefined,
  earlier: PopContent['earlier'],
): PopContent {
  const { number = '', queue, language, customer, name, note, origin, thread, attempts } = callback;
  return {
    interaction,
    channel: 'voice',
    direction: 'out',
    queue,
    to: number,
    fromName: nameIn(callback, known),
    language,
    thread,
    customer: customer === undefined ? undefined : { id: customer, name: known?.name ?? name, tags: known?.tags ?? [] },
    path: [],
    variables: {
      callback: callback.id,
      attempt: String(attempts.length + 1),
      ...(note === undefined ? {} : { note }),
      ...(origin === undefined ? {} : { origin }),
    },
    earlier,
  };
}
