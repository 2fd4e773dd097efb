// What dispositions are called: by the trees of the queues, whose codes the records hold.
import type { Language } from '../../../values/index.ts';
import { isKey, type Translate } from '../i18n/translate.ts';
import type { QueueCard } from './state.ts';

type Node = QueueCard['dispositionTree'][number];

export function dispositionTitle(
  { code, label }: Pick<Node, 'code' | 'label'>,
  language: Language,
  t: Translate,
): string {
  const key = `disposition.${code}`;
  return label[language] ?? (isKey(key) ? t(key) : (label.en ?? label.zh ?? code));
}

/** Of a code that a record holds: as its queue calls it, else any other, since contacts move and queues change. */
export function dispositionName(
  code: string,
  { queue, queues, language, t }: { queue?: string | undefined; queues: QueueCard[]; language: Language; t: Translate },
): string {
  const own = queues.filter(({ id }) => id === queue);
  const node = leavesOf([...own, ...queues]).find((one) => one.code === code);
  return dispositionTitle(node ?? { code, label: {} }, language, t);
}

/** What can be given in these queues: each code once. */
export function leavesOf(queues: QueueCard[]): Node[] {
  const found = new Map<string, Node>();
  const walk = (nodes: Node[]): void => {
    for (const node of nodes) {
      if (node.children.length > 0) walk(node.children);
      else if (!found.has(node.code)) found.set(node.code, node);
    }
  };
  for (const { dispositionTree } of queues) walk(dispositionTree);
  return [...found.values()];
}
