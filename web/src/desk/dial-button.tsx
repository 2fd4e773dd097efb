import { useEffect, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { onDialLink } from '../route.ts';
import { type Person, TargetDialog } from './target-dialog.tsx';

/**
 * Dials out: her phone rings first, then the number by the dial plan. A link to dial opens it with the number; a call is
 * made only when she says so, because any page can hold such a link.
 */
export function DialButton() {
  const { t, state, act } = usePanel();
  const [open, setOpen] = useState<{ number: string }>();
  const able = state.setup?.me.phone !== 'none' && state.live !== undefined;
  useEffect(() => (able ? onDialLink((number) => setOpen({ number })) : undefined), [able]);
  if (!able) return null;
  return (
    <>
      <button type="button" className="ghost" onClick={() => setOpen({ number: '' })}>
        <Icon name="dial" /> {t('dial.open')}
      </button>
      {open !== undefined && (
        <TargetDialog
          key={open.number}
          title={t('dial.title')}
          queues={false}
          hint={t('dial.hint')}
          recent={state.dialled}
          first={open.number}
          foot={<TelephoneLinks />}
          // Queues are not offered here.
          onChoose={(to) => act('dial', { to: to as Person })}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}

/** Asks the browser to open `tel:` links here; it asks her in turn. Browsers offer that to pages of HTTPS only. */
function TelephoneLinks() {
  const { t } = usePanel();
  if (!('registerProtocolHandler' in navigator) || !window.isSecureContext) return null;
  return (
    <button
      type="button"
      className="ghost small tel-links"
      onClick={() => {
        const address = `${location.origin}${location.pathname}#/dial?number=%s`;
        for (const scheme of ['tel', 'web+tel']) navigator.registerProtocolHandler(scheme, address);
      }}
    >
      {t('dial.links')}
    </button>
  );
}
