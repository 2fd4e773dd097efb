// What a flow wants of its conversation.
import type { Content } from '../../connector/index.ts';
import { interactionStep, interactionTransferred } from '../customers/index.ts';
import type { EffectOf } from '../ivr/index.ts';
import type { QueueRequest } from '../ports/index.ts';
import type { BotOwner } from './bot.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationData } from './conversation-data.ts';
import { conversationFlowFaulted } from './events.ts';
import type { Messages } from './messages.ts';

/** Of the path that her screen shows: the last ones. All are in the record. */
const mostSteps = 200;

export class BotActs implements BotOwner {
  readonly #of: Conversation;
  readonly #post: Messages;

  constructor(of: Conversation, post: Messages) {
    this.#of = of;
    this.#post = post;
  }

  get data(): ConversationData {
    return this.#of.data;
  }

  botSays(content: Content): void {
    this.#post.sent(this.#of, { author: 'bot', content });
  }

  botNoted({ node, type, label, value }: EffectOf<'note'>, flow: string): void {
    const step = { node, type, ...(label === undefined ? {} : { label }), ...(value === undefined ? {} : { value }) };
    const { path } = this.data;
    path.push({ at: this.#of.now(), ...step });
    if (path.length > mostSteps) path.shift();
    this.#of.append(interactionStep, { flow, ...step });
  }

  botFaulted(flow: string, node: string, code: string, sentence: string): void {
    const { interaction, tools } = this.#of;
    tools.logger.warn({ interaction, flow, node, code, sentence }, 'flow faulted');
    this.#of.append(conversationFlowFaulted, { flow, node, code, sentence });
  }

  botMoved(): void {
    this.#of.changed();
  }

  botOver(why: string): void {
    this.#of.finish('flow', why);
  }

  botQueues(effect: EffectOf<'queue'>): void {
    const { record, tools, place, bot, callback } = this.#of;
    const { queue, priority, skills, language, callback: offered, maxWaitSeconds, ringSeconds, afterTalk } = effect;
    const request: QueueRequest = {
      queue,
      // 0 is the channel's, or the queue's, own.
      priority: priority > 0 ? priority : record?.priority,
      skills: [...(record?.skills ?? []), ...skills],
      language,
      maxWaitMs: maxWaitSeconds * 1_000,
      ringMs: ringSeconds === undefined ? undefined : ringSeconds * 1_000,
    };
    const known = tools.directory.queues.get(queue) !== undefined;
    if (!known || !place.request({ request, afterTalk })) bot.advance({ on: 'queue', how: 'failed' });
    else if (offered) callback.offer(offered);
  }

  botTransfers({ to, node, ringSeconds }: EffectOf<'transfer'>): void {
    const { tools, place, bot, data } = this.#of;
    const fail = () => bot.advance({ on: 'transfer', how: 'failed' });
    if ('number' in to) {
      const flow = bot.state?.frames.at(-1)?.flow ?? '';
      this.botFaulted(flow, node, 'transfer-to-number', 'A conversation cannot be transferred to a telephone number.');
      fail();
      return;
    }
    const agent = tools.directory.agents.get(to.agent);
    const queue = data.queue ?? agent?.queues[0];
    this.#of.append(interactionTransferred, { kind: 'agent', to: to.agent });
    const request = { queue: queue ?? '', only: to.agent, maxWaitMs: ringSeconds * 1_000 };
    if (!agent || queue === undefined || !place.request({ request, afterTalk: false })) fail();
  }
}
