// The menu that a thread was shown last as numbered lines, kept until the customer answers it.
import type { Content } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { type Choices, choiceOf } from '../numbered-menu.ts';
import { isObject, jsonObject } from './exact-json.ts';

type Memory = ConnectorTools['memory'];

/** Keeps what the numbers of a thread mean. */
export function rememberMenu(memory: Memory, thread: string, choices: Choices): void {
  memory.set(`menu:${thread}`, JSON.stringify({ choices }));
}

/** Asked for each message: the first one after the menu answers it, or has done with it. */
export function takeChoice(
  memory: Memory,
  thread: string,
  text: string,
): Extract<Content, { type: 'choice' }> | undefined {
  const kept = memory.get(`menu:${thread}`);
  if (!kept) return undefined;
  memory.set(`menu:${thread}`, '');
  const list = jsonObject(kept)?.choices;
  const choices = Array.isArray(list) ? list.filter(isChoice) : [];
  const choice = choiceOf(text, choices);
  return choice && { type: 'choice', key: choice.key, label: choice.label };
}

function isChoice(value: unknown): value is Choices[number] {
  return isObject(value) && typeof value.key === 'string' && typeof value.label === 'string';
}
