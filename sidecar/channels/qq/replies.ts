// Everything that a bot says is a reply: to a message (msg_id) or an event (event_id) of the last minutes, each reply to it
// with a msg_seq of its own. Both are kept for a message of ours, so that another try of it is the same for the provider.
import type { ConnectorTools } from '../../connector.ts';
import { type JsonObject, jsonObject, numberAt, objectsAt, textAt } from '../provider/index.ts';

export interface Occasion {
  /** `msg_id` or `event_id`. */
  as: 'msg_id' | 'event_id';
  id: string;
}

export interface Reply extends Occasion {
  seq: number;
}

const keptReplies = 20;

export class Replies {
  readonly #memory: ConnectorTools['memory'];

  constructor(memory: ConnectorTools['memory']) {
    this.#memory = memory;
  }

  /** The customer wrote, or did something that may be answered: replies go there from now on. */
  happened(thread: string, occasion: Occasion, at: number): void {
    const kept = this.#kept(thread);
    if ((numberAt(kept, 'at') ?? 0) > at || textAt(kept, 'id') === occasion.id) return;
    this.#keep(thread, { ...occasion, at, next: 1, given: objectsAt(kept, 'given') });
  }

  /** What a message of ours answers. @returns undefined where nothing is known that it could answer */
  replyOf(thread: string, message: string): Reply | undefined {
    const kept = this.#kept(thread);
    const given = objectsAt(kept, 'given');
    const before = given.find((one) => textAt(one, 'message') === message);
    if (before !== undefined) return readReply(before);
    const id = textAt(kept, 'id');
    if (id === undefined) return undefined;
    const seq = numberAt(kept, 'next') ?? 1;
    const reply: Reply = { as: textAt(kept, 'as') === 'event_id' ? 'event_id' : 'msg_id', id, seq };
    this.#keep(thread, { ...kept, next: seq + 1, given: [...given, { message, ...reply }].slice(-keptReplies) });
    return reply;
  }

  /** What it answered is too old. @returns what happened since, if anything did */
  newerReplyOf(thread: string, message: string): Reply | undefined {
    const kept = this.#kept(thread);
    const given = objectsAt(kept, 'given');
    const before = given.find((one) => textAt(one, 'message') === message);
    if (before === undefined || textAt(before, 'id') === textAt(kept, 'id')) return undefined;
    this.#keep(thread, { ...kept, given: given.filter((one) => one !== before) });
    return this.replyOf(thread, message);
  }

  #kept(thread: string): JsonObject {
    return jsonObject(this.#memory.get(`thread:${thread}`) ?? '') ?? {};
  }

  #keep(thread: string, value: JsonObject): void {
    this.#memory.set(`thread:${thread}`, JSON.stringify(value));
  }
}

function readReply(kept: JsonObject): Reply | undefined {
  const id = textAt(kept, 'id');
  const seq = numberAt(kept, 'seq');
  if (id === undefined || seq === undefined) return undefined;
  return { as: textAt(kept, 'as') === 'event_id' ? 'event_id' : 'msg_id', id, seq };
}
