import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { usePhone } from './phone-context.ts';
import { PhoneDialog } from './phone-dialog.tsx';

/** From which MOS a line is good, and from which it will do (ITU-T G.107 Annex B: 4.0 satisfied, 3.6 some dissatisfied). */
const good = 4;
const fair = 3.6;

/** How her phone is, her mute key, and the way to its settings. */
export function PhoneButton() {
  const { t, state } = usePanel();
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  if (phone === undefined) return null;
  const { sound, owner, muted } = phone;
  const quality = state.phoneQuality;
  const mos = quality === undefined ? undefined : Math.min(quality.up.mos, quality.down?.mos ?? quality.up.mos);
  const light =
    owner === 'other'
      ? 'other'
      : sound.is === 'trouble' || sound.is === 'away'
        ? 'bad'
        : sound.is !== 'connected'
          ? 'wait'
          : mos === undefined || mos >= good
            ? 'good'
            : mos >= fair
              ? 'fair'
              : 'bad';
  const said =
    owner === 'other'
      ? t('phone.other')
      : sound.is === 'trouble'
        ? t(`phone.why.${sound.why}`)
        : t(`phone.${sound.is}`);
  return (
    <div className="phone-button">
      {sound.is === 'connected' && (
        <button
          type="button"
          className="ghost round"
          aria-pressed={muted}
          aria-label={t(muted ? 'phone.unmute' : 'phone.mute')}
          title={t(muted ? 'phone.unmute' : 'phone.mute')}
          onClick={() => phone.mute(!muted)}
        >
          <Icon name={muted ? 'mic-off' : 'mic'} />
        </button>
      )}
      <button type="button" className="ghost" onClick={() => setOpen(true)} aria-label={`${t('phone.title')}: ${said}`}>
        <span className="light" data-light={light} />
        <Icon name="headset" />
        {light !== 'good' && <span>{said}</span>}
      </button>
      {owner === 'other' && (
        <button type="button" className="secondary small" onClick={phone.take}>
          {t('phone.take')}
        </button>
      )}
      {open && <PhoneDialog onClose={() => setOpen(false)} />}
    </div>
  );
}
