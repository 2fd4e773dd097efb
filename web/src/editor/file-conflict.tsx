import { ChangedDialog } from './changed-dialog.tsx';
import { JsonEditor } from './json-editor.tsx';
import type { Conflict } from './use-checked-file.ts';
import { useEditorWords } from './words.ts';

/** Whose text is to stand, with what differs. Nothing where there is no conflict. */
export function FileConflict({ file, text, of }: { file: string; text: string; of: Conflict | undefined }) {
  const say = useEditorWords();
  if (of === undefined) return null;
  return (
    <ChangedDialog
      what={file}
      by={of.by}
      at={of.at}
      onLoad={of.theirs === undefined ? undefined : of.load}
      onOverwrite={() => void of.overwrite()}
      onClose={of.close}
    >
      {of.theirs !== undefined && (
        <>
          <p className="muted">{say('changed-compare')}</p>
          <JsonEditor label={say('changed-compare')} text={text} comparedWith={of.theirs} />
        </>
      )}
    </ChangedDialog>
  );
}
