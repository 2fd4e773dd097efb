// What a contact can be closed as: a list of codes, or a tree of them with labels. Only leaves are given to a contact.
import type { Language } from '../../values/index.ts';

export interface DispositionNode {
  /** Unique within the queue. */
  code: string;
  label?: Partial<Record<Language, string>> | undefined;
  children?: Disposition[] | undefined;
}

/** A plain text is a leaf whose code is its label. */
export type Disposition = string | DispositionNode;

export interface DispositionTree {
  code: string;
  /** Without a label in her language, the code is shown. */
  label: Partial<Record<Language, string>>;
  children: DispositionTree[];
}

/** The codes that can be given, in the order of the tree. */
export function dispositionCodes(dispositions: readonly Disposition[]): string[] {
  return dispositions.flatMap((entry) => {
    if (typeof entry === 'string') return [entry];
    return entry.children?.length ? dispositionCodes(entry.children) : [entry.code];
  });
}

/** The same with every entry as a node, as panels show it. */
export function dispositionTree(dispositions: readonly Disposition[]): DispositionTree[] {
  return dispositions.map((entry) => {
    const { code, label, children = [] } = typeof entry === 'string' ? { code: entry } : (entry as DispositionNode);
    return { code, label: label ?? {}, children: dispositionTree(children) };
  });
}
