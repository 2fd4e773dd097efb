// What an agent's screen shows of a conversation.
import type { PopContent } from '../../values/index.ts';
import { variablesOf } from './conversation-data.ts';
import type { KeptConversation } from './kept-conversation.ts';

export function popOf({ data, tools: { people }, language }: KeptConversation): PopContent {
  const { interaction, channel, direction, queue, from, name, via, customer: id, place, path } = data;
  const known = id === undefined ? undefined : people.get(id);
  const earlier = id === undefined ? [] : people.earlier(id);
  return {
    interaction,
    channel,
    direction,
    queue,
    from,
    fromName: name,
    to: via,
    language,
    enteredQueueAt: place?.since,
    customer: known && { id: known.id, name: known.name ?? name, tags: known.tags },
    path: [...path],
    variables: variablesOf(data),
    earlier: earlier.filter((one) => one.interaction !== interaction),
  };
}
