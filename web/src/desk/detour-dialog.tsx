import { useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';

export function DetourDialog({ interaction, onClose }: { interaction: string; onClose: () => void }) {
  const { t, language, state, act } = usePanel();
  const [busy, setBusy] = useState(false);
  const send = async (flow: string) => {
    setBusy(true);
    const begun = await act('detour', { interaction, flow });
    setBusy(false);
    if (begun) onClose();
  };
  return (
    <Dialog title={t('detour.title')} onClose={onClose}>
      <fieldset className="targets" disabled={busy}>
        {(state.setup?.flows ?? []).map((one) => (
          <button key={one.flow} type="button" className="target" onClick={() => void send(one.flow)}>
            <Icon name="flow" />
            <strong>{nameIn(language, one.name, one.flow)}</strong>
          </button>
        ))}
      </fieldset>
      <p className="hint dialog-foot">{t('detour.text')}</p>
    </Dialog>
  );
}
