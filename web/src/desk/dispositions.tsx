import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { dispositionTitle } from '../state/dispositions.ts';
import type { QueueCard } from '../state/state.ts';

type Node = QueueCard['dispositionTree'][number];

/** What came of a contact, out of a tree: branches open, leaves are given. */
export function Dispositions({
  nodes,
  chosen,
  name,
  onChoose,
}: {
  nodes: Node[];
  chosen: string | undefined;
  name: string;
  onChoose: (code: string) => void;
}) {
  const { t, language } = usePanel();
  const [opened, setOpened] = useState<string>();
  const titleOf = (node: Node) => dispositionTitle(node, language, t);
  const branch = nodes.find((node) =>
    opened === undefined ? node.children.length > 0 && holds(node, chosen) : node.code === opened,
  );
  return (
    <>
      {nodes.map((node) =>
        node.children.length > 0 ? (
          <button
            key={node.code}
            type="button"
            className="disposition-branch"
            aria-expanded={node === branch}
            onClick={() => setOpened(node === branch ? '' : node.code)}
          >
            {titleOf(node)} ▸
          </button>
        ) : (
          <label key={node.code} className="disposition">
            <input type="radio" name={name} checked={chosen === node.code} onChange={() => onChoose(node.code)} />
            <span>{titleOf(node)}</span>
          </label>
        ),
      )}
      {branch !== undefined && branch.children.length > 0 && (
        <fieldset className="disposition-leaves" aria-label={titleOf(branch)}>
          <Dispositions nodes={branch.children} chosen={chosen} name={name} onChoose={onChoose} />
        </fieldset>
      )}
    </>
  );
}

function holds(node: Node, code: string | undefined): boolean {
  return code !== undefined && (node.code === code || node.children.some((child) => holds(child, code)));
}
