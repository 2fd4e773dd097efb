// retention.json: how long what is kept, by kind and queue. What no rule names is kept for ever.
import { getNodeValue, type Node, parseTree } from 'jsonc-parser';
import { z } from 'zod';

export const kinds = ['recordings', 'messages', 'personal', 'interactions'] as const;
export type Kind = (typeof kinds)[number];

const rule = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be small letters, digits and dashes'),
  kind: z.enum(kinds),
  days: z.number().int().min(1, 'must be at least 1').max(36_500, 'must be at most 36500'),
  /** Only contacts that ended in these queues; without it, all that no other rule of the kind names. */
  queues: z.array(z.string().min(1)).min(1).optional(),
});
export type Rule = z.infer<typeof rule>;

const schema = z.strictObject({ $schema: z.string().optional(), rules: z.array(rule) });

export interface Finding {
  line: number;
  column: number;
  sentence: string;
}

/** What is wrong with a policy; empty: it can be used. @param queues that there are; undefined: not known here */
export function checkPolicy(text: string, queues?: ReadonlySet<string>): { findings: Finding[]; rules: Rule[] } {
  const errors: { error: number; offset: number; length: number }[] = [];
  const tree = parseTree(text, errors);
  const at = (offset: number) => {
    const before = text.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
  const first = errors[0];
  if (first || !tree) return { findings: [{ ...at(first?.offset ?? 0), sentence: 'is not JSON' }], rules: [] };
  const findings: Finding[] = [];
  const tell = (path: readonly PropertyKey[], sentence: string) =>
    findings.push({ ...at(nodeAt(tree, path).offset), sentence });
  const parsed = schema.safeParse(getNodeValue(tree));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) tell(path, `${path.join('.') || 'the policy'}: ${message}`);
    return { findings, rules: [] };
  }
  const { rules } = parsed.data;
  const named = new Map<string, number>();
  const claimed = new Map<string, string>();
  for (const [nth, { name, kind, queues: only }] of rules.entries()) {
    if (named.has(name)) tell(['rules', nth, 'name'], `there is a rule ${name} already`);
    named.set(name, nth);
    for (const queue of only ?? ['']) {
      const claim = `${kind} ${queue}`;
      const other = claimed.get(claim);
      const what = queue === '' ? 'all queues without a rule' : `queue ${queue}`;
      if (other) tell(['rules', nth], `rule ${other} says already how long ${kind} of ${what} are kept`);
      else claimed.set(claim, name);
      if (queue !== '' && queues && !queues.has(queue)) tell(['rules', nth, 'queues'], `there is no queue ${queue}`);
    }
  }
  return { findings, rules };
}

/** The node at a path, or the nearest one above it. */
function nodeAt(tree: Node, path: readonly PropertyKey[]): Node {
  let node = tree;
  for (const step of path) {
    const next =
      node.type === 'array'
        ? node.children?.[Number(step)]
        : node.children?.find(({ children }) => children?.[0]?.value === step)?.children?.[1];
    if (!next) break;
    node = next;
  }
  return node;
}
