import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { lineQuality } from './line-quality.ts';
import { usePhone } from './phone-context.ts';
import { PhoneDialog } from './phone-dialog.tsx';

/** How her phone is, her mute key, and the way to its settings. */
export function PhoneButton() {
  const { t, state } = usePanel();
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  if (phone === undefined) return null;
  const { sound, owner, muted } = phone;
  const quality = state.phoneQuality;
  const line = quality === undefined ? 'good' : lineQuality(quality);
  const light =
    owner === 'other'
      ? 'other'
      : sound.is === 'trouble' || sound.is === 'away'
        ? 'bad'
        : sound.is === 'connected'
          ? line
          : 'wait';
  const is =
    owner === 'other'
      ? t('phone.other')
      : sound.is === 'trouble'
        ? t(`phone.why.${sound.why}`)
        : t(`phone.${sound.is}`);
  // A colour alone says nothing to many.
  const poor = owner !== 'other' && sound.is === 'connected' && line !== 'good';
  const shown = poor ? t(`phone.line.${line}`) : is;
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
      <button
        type="button"
        className="ghost"
        onClick={() => setOpen(true)}
        aria-label={`${t('phone.title')}: ${poor ? `${is}, ${shown}` : is}`}
      >
        <span className="light" data-light={light} />
        <Icon name="headset" />
        {light !== 'good' && <span>{shown}</span>}
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
