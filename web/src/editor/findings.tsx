// What the checker says of a text: how much, and each with the line that it leads to.
import type { Mark } from './json-editor.tsx';
import { useEditorWords } from './words.ts';

/** @param marks undefined until the checker has spoken */
export function FindingCount({ marks }: { marks: readonly Mark[] | undefined }) {
  const say = useEditorWords();
  const errors = marks?.filter(({ severity }) => severity === 'error').length ?? 0;
  return (
    <span className={errors > 0 ? 'bad' : 'good'} role="status">
      {marks === undefined
        ? ''
        : marks.length === 0
          ? say('no-findings')
          : say('findings', { errors, warnings: marks.length - errors })}
    </span>
  );
}

export function FindingList({ marks, onGo }: { marks: readonly Mark[]; onGo: (line: number) => void }) {
  const say = useEditorWords();
  if (marks.length === 0) return null;
  return (
    <ul className="findings">
      {marks.map((mark) => (
        <li key={`${mark.line} ${mark.column} ${mark.sentence}`} data-severity={mark.severity}>
          <button type="button" className="ghost small" onClick={() => onGo(mark.line)}>
            {say('line', { line: mark.line })}
          </button>
          <span>{mark.sentence}</span>
        </li>
      ))}
    </ul>
  );
}
