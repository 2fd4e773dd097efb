import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Icon } from './icon.tsx';

/** A modal dialog; the browser keeps the focus in it and gives it back afterwards. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = usePreferences();
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    // The browser would take the first thing that can have it: the close button.
    dialog.querySelector<HTMLElement>('input, textarea, .target:enabled')?.focus();
    // Only a dialog that closes gives the focus back; one that is taken off the page loses it.
    return () => dialog.close();
  }, []);
  return (
    <dialog ref={element} className="dialog" aria-label={title} onClose={onClose} onCancel={onClose}>
      <header className="dialog-head">
        <h2>{title}</h2>
        <button type="button" className="ghost round" aria-label={t('dialog.close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
