// Digital conversations for tests of the desk: what is said of them is set, what is asked of them is noted.
import { EventEmitter } from 'node:events';
import type {
  ConversationControl,
  ConversationEvents,
  ConversationView,
  MessageView,
} from '../../../server/ports/index.ts';

export class FakeConversations extends EventEmitter<ConversationEvents> implements ConversationControl {
  readonly views = new Map<string, ConversationView>();
  readonly written: MessageView[] = [];
  readonly asked: string[] = [];

  list = () => [...this.views.values()];
  get = (interaction: string) => this.views.get(interaction);
  content = () => undefined;
  awaitingApproval = () => this.written.filter(({ state }) => state === 'approval');
  messages = (interaction: string) => this.written.filter((one) => one.interaction === interaction);

  set(view: ConversationView): void {
    if (view.phase === 'closed') this.views.delete(view.interaction);
    else this.views.set(view.interaction, view);
    this.emit(view.phase === 'closed' ? 'ended' : 'changed', view);
  }

  says(interaction: string, author: MessageView['author'], text: string, agent?: string): MessageView {
    const number = this.written.length + 1;
    const state = author === 'customer' ? 'received' : 'waiting';
    const message: MessageView = {
      id: `msg_${number}`,
      interaction,
      number,
      at: number,
      author,
      ...(agent === undefined ? {} : { agent }),
      content: { type: 'text', text },
      state,
    };
    this.written.push(message);
    const view = this.views.get(interaction);
    if (view) this.emit('message', view, message);
    return message;
  }

  async accept(agent: string, offer: string): Promise<void> {
    this.asked.push(`${agent} accepts ${offer}`);
  }
  async send(agent: string, interaction: string, content: MessageView['content'], key: string): Promise<MessageView> {
    this.asked.push(`${agent} sends ${key}`);
    return this.says(interaction, 'agent', content.type === 'text' ? content.text : content.type, agent);
  }
  async note(agent: string, interaction: string, text: string): Promise<MessageView> {
    return this.says(interaction, 'note', text, agent);
  }
  typing(agent: string, interaction: string): void {
    this.asked.push(`${agent} types in ${interaction}`);
  }
  async approve(by: string, message: string): Promise<MessageView> {
    this.asked.push(`${by} approves ${message}`);
    return this.written.find(({ id }) => id === message) as MessageView;
  }
  async transfer(agent: string, interaction: string, to: object): Promise<void> {
    this.asked.push(`${agent} transfers ${interaction} ${JSON.stringify(to)}`);
  }
  async join(agent: string, interaction: string, colleague: string): Promise<void> {
    this.asked.push(`${agent} asks ${colleague} into ${interaction}`);
  }
  async leave(agent: string, interaction: string): Promise<void> {
    this.asked.push(`${agent} leaves ${interaction}`);
  }
  async close(agent: string, interaction: string): Promise<void> {
    this.asked.push(`${agent} closes ${interaction}`);
  }
  async begin(): Promise<ConversationView> {
    throw new Error('not asked by the desk');
  }
  async goOn(agent: string, call: string, content: MessageView['content'], key: string): Promise<MessageView> {
    this.asked.push(`${agent} goes on from ${call} ${key}`);
    return this.says([...this.views.keys()][0] ?? '', 'agent', content.type === 'text' ? content.text : '', agent);
  }
  async escalate(): Promise<string> {
    throw new Error('not asked by the desk');
  }
  async end(interaction: string, by: string): Promise<void> {
    this.asked.push(`${by} ends ${interaction}`);
  }
}
