// A callback in writing: who waits in a queue may choose to be called back instead, and keeps her place, as a caller may by a key.
import type { Content } from '../../connector/index.ts';
import type { CallbackChoice } from '../ivr/index.ts';
import { written } from './bot-text.ts';
import { inputOf } from './content-text.ts';
import type { Conversation } from './conversation.ts';
import type { CallbackOffer } from './conversation-data.ts';
import { conversationEscalated } from './events.ts';
import type { Messages } from './messages.ts';

const labels = { en: 'Call me back', zh: '请给我回电' };

export class WrittenCallback {
  readonly #of: Conversation;
  readonly #post: Messages;

  constructor(of: Conversation, post: Messages) {
    this.#of = of;
    this.#post = post;
  }

  /** She is told that she may. */
  offer({ key, number, prompts, confirm, afterSeconds }: CallbackChoice): void {
    const { language, data } = this.#of;
    const offer: CallbackOffer = { key, number, afterSeconds };
    if (confirm.length > 0) offer.confirm = written(confirm, language).text;
    if (!data.place) return;
    data.place.callback = offer;
    this.#ask(written(prompts, language).text, key);
  }

  /** She wrote while she waits. @returns whether it was that */
  hears(content: Content): boolean {
    const { data, language } = this.#of;
    const offer = data.place?.callback;
    if (!offer || (data.phase !== 'queued' && data.phase !== 'offered')) return false;
    const said = (inputOf(content) ?? '').trim();
    if (said !== offer.key && said.toLowerCase() !== labels[language].toLowerCase()) {
      // She waits on.
      offer.asked = undefined;
      return false;
    }
    if (offer.confirm !== undefined && !offer.asked) {
      offer.asked = true;
      this.#ask(offer.confirm, offer.key);
    } else this.#callBack(offer);
    return true;
  }

  /** The flow goes on: also after a restart that came before it was told. */
  noted(): void {
    this.#of.data.calledBack = undefined;
    this.#of.bot.advance({ on: 'queue', how: 'callback' });
  }

  #ask(text: string, key: string): void {
    const { language } = this.#of;
    const label = labels[language];
    const choices = [{ key, label }];
    this.#post.sent(this.#of, { author: 'bot', content: { type: 'menu', text: text.slice(0, 4_000), choices } });
  }

  /** She leaves the queue, and what stands there in her place has waited as long. */
  #callBack({ number, afterSeconds }: CallbackOffer): void {
    const of = this.#of;
    const { data, tools, bot, place, interaction } = of;
    const { place: stood } = data;
    if (!stood || !of.can('exit')) return;
    place.endOffer('withdrawn');
    tools.queueing.leave(interaction, 'callback');
    of.step('exit');
    data.place = undefined;
    data.calledBack = true;
    // A person answers her by telephone.
    data.unanswered = undefined;
    const { queue } = stood.request;
    const { language, name, customer, chain } = data;
    const from = of.now() + afterSeconds * 1_000;
    const whom = { number, language: data.flow?.language ?? language, name, customer };
    const wish = { ...whom, queue, from, since: stood.since, origin: interaction, thread: chain ?? interaction };
    const flow = bot.state?.frames.at(-1)?.flow ?? '';
    // In the same commit as her leaving: whatever happens to this process, she is in the queue or will be called.
    tools.callbacks
      .schedule(wish, `flow:${flow}`)
      .then(
        ({ id }) => {
          of.append(conversationEscalated, { callback: id }, { queue });
          this.noted();
        },
        (error: unknown) => {
          tools.logger.error({ err: error, interaction, queue }, 'callback could not be noted');
          data.calledBack = undefined;
          bot.advance({ on: 'queue', how: 'failed' });
        },
      )
      .catch((error: unknown) => {
        tools.logger.error({ err: error, interaction }, 'conversation failed');
        of.finish('system', 'defect');
      });
    of.tellState();
  }
}
