import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { type Person, TargetDialog } from './target-dialog.tsx';

/** Dials out: her phone rings first, then the number by the dial plan. */
export function DialButton() {
  const { t, state, act } = usePanel();
  const [open, setOpen] = useState(false);
  if (state.setup?.me.phone === 'none' || state.live === undefined) return null;
  return (
    <>
      <button type="button" className="ghost" onClick={() => setOpen(true)}>
        <Icon name="dial" /> {t('dial.open')}
      </button>
      {open && (
        <TargetDialog
          title={t('dial.title')}
          queues={false}
          hint={t('dial.hint')}
          recent={state.dialled}
          // Queues are not offered here.
          onChoose={(to) => act('dial', { to: to as Person })}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
