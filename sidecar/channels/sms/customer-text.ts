// A customer's short message → an item: an opt-out, a choice of the menu that was sent, or a text.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { choiceOf } from '../numbered-menu.ts';
import { optOutOf } from './opt-out.ts';

export interface CustomerText {
  key: string;
  at: number;
  thread: string;
  customer: string;
  text: string;
}

export function customerItem(
  said: CustomerText,
  memory: ConnectorTools['memory'],
  optOutWords: readonly string[],
): InboundItem {
  const common = { key: said.key, at: said.at, thread: said.thread };
  const from = { identities: [{ kind: 'phone', value: said.customer.slice(0, 320) }] };
  const pending = memory.get(`menu:${said.thread}`);
  const choice = pending ? choiceOf(said.text, JSON.parse(pending)) : undefined;
  if (choice) {
    return { item: 'message', ...common, from, content: { type: 'choice', key: choice.key, label: choice.label } };
  }
  const wish = optOutOf(said.text, optOutWords);
  if (wish) return { item: 'event', ...common, from, name: wish, data: { text: said.text.slice(0, 100) } };
  return { item: 'message', ...common, from, content: { type: 'text', text: said.text } };
}
