// Somebody else saved what she edits: she is told by whom and when, and decides whose text is to stand.
import './changed-dialog.css';
import type { ReactNode } from 'react';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useEditorWords } from './words.ts';

export function ChangedDialog({
  what,
  by,
  at,
  onLoad,
  onOverwrite,
  onClose,
  children,
}: {
  /** Its name, as she knows it: `bank.json`. */
  what: string;
  /** Who saved it, and when, where that is known. */
  by: string | undefined;
  at: number | undefined;
  /** Absent: it was removed. */
  onLoad: (() => void) | undefined;
  onOverwrite: () => void;
  onClose: () => void;
  /** Theirs and hers side by side. */
  children?: ReactNode;
}) {
  const { language, state } = usePanel();
  const say = useEditorWords();
  const when = at === undefined ? '' : dateTime(at, Date.now(), language, state.setup?.site.timeZone ?? 'UTC');
  return (
    <Dialog title={say('changed', { what })} onClose={onClose}>
      <div className="changed-dialog">
        <p>
          {onLoad === undefined
            ? say('changed-gone')
            : by === undefined || at === undefined
              ? say('changed-somebody')
              : say('changed-by', { by, when })}
        </p>
        {children}
      </div>
      <footer className="dialog-foot changed-foot">
        <button type="button" className="ghost" onClick={onClose}>
          {say('changed-later')}
        </button>
        <span className="space" />
        <button type="button" className="quiet-danger" onClick={onOverwrite}>
          {say('changed-overwrite')}
        </button>
        {onLoad !== undefined && (
          <button type="button" className="primary" onClick={onLoad}>
            {say('changed-load')}
          </button>
        )}
      </footer>
    </Dialog>
  );
}
