// Where a node can lead. The checker walks these edges; the interpreter takes them by name.
import { partsOf } from './prompts.ts';
import type { FilePrompt, FlowFile, FlowNode, PromptPart } from './schema.ts';

export interface Exit {
  /** Path of the exit inside the node. */
  path: (string | number)[];
  /** Undefined where neither the node nor the flow's `error` names a target. */
  to: string | undefined;
  /** What has to happen for it: `silent` happens though the caller does nothing. */
  when: 'silent' | 'caller' | 'outside';
}

/** All exits of a node, those that fall back to the flow's `error` included. */
export function exitsOf(node: FlowNode, flow: Pick<FlowFile, 'error'>): Exit[] {
  const own = (key: string, to: string | undefined, when: Exit['when']): Exit => ({
    path: [key],
    to: to ?? flow.error,
    when,
  });
  switch (node.type) {
    case 'say':
    case 'set':
      return [own('next', node.next, 'silent')];
    case 'menu':
      return [
        ...Object.entries(node.choices).map(
          ([key, choice]): Exit =>
            typeof choice === 'string'
              ? { path: ['choices', key], to: choice, when: 'caller' }
              : { path: ['choices', key, 'next'], to: choice.next, when: 'caller' },
        ),
        own('timeout', node.timeout, 'silent'),
        own('invalid', node.invalid, 'caller'),
      ];
    case 'collect':
      return [
        own('next', node.next, 'caller'),
        own('timeout', node.timeout, 'silent'),
        own('invalid', node.invalid, 'caller'),
      ];
    case 'branch':
      return [
        ...node.cases.map((each, i): Exit => ({ path: ['cases', i, 'next'], to: each.next, when: 'silent' })),
        own('next', node.next, 'silent'),
      ];
    case 'queue': {
      const overflow = node.overflow;
      return [
        own('overflow', overflow, 'outside'),
        ...(node.full === undefined ? [] : [own('full', node.full, 'outside')]),
        ...(node.closed === undefined ? [] : [own('closed', node.closed, 'outside')]),
        ...(node.empty === undefined ? [] : [own('empty', node.empty, 'outside')]),
        ...(node.error === undefined ? [] : [own('error', node.error, 'outside')]),
        ...(node.next === undefined ? [] : [own('next', node.next, 'outside')]),
        ...(node.callback === undefined
          ? []
          : [{ path: ['callback', 'next'], to: node.callback.next, when: 'caller' } satisfies Exit]),
      ];
    }
    case 'transfer':
      return [own('error', node.error, 'outside')];
    case 'flow':
      return [
        ...Object.entries(node.results ?? {}).map(
          ([name, to]): Exit => ({ path: ['results', name], to, when: 'outside' }),
        ),
        own('next', node.next, 'outside'),
        own('error', node.error, 'outside'),
      ];
    case 'hangup':
    case 'return':
      return [];
  }
}

/** All prompts of a node with the path of each. */
export function promptsIn(node: FlowNode): { path: (string | number)[]; prompt: FilePrompt }[] {
  const found: { path: (string | number)[]; prompt: FilePrompt }[] = [];
  const add = (path: (string | number)[], prompt: FilePrompt | undefined) => {
    if (prompt !== undefined) found.push({ path, prompt });
  };
  if ('prompt' in node) add(['prompt'], node.prompt);
  if ('timeoutPrompt' in node) add(['timeoutPrompt'], node.timeoutPrompt);
  if ('invalidPrompt' in node) add(['invalidPrompt'], node.invalidPrompt);
  if (node.type === 'queue') {
    add(['announce', 'prompt'], node.announce?.prompt);
    add(['callback', 'prompt'], node.callback?.prompt);
    add(['callback', 'confirm'], node.callback?.confirm);
  }
  return found;
}

/** The parts of a prompt, each with its path beneath that of the prompt. */
export function locatedParts(
  prompt: FilePrompt,
  path: (string | number)[],
): { path: (string | number)[]; part: PromptPart }[] {
  return partsOf(prompt).map((part, i) => ({ path: Array.isArray(prompt) ? [...path, i] : path, part }));
}
