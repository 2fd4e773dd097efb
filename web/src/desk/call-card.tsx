import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { usePhone } from '../phone/phone-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { Caller } from './caller.tsx';
import { DetourDialog } from './detour-dialog.tsx';
import { Keypad } from './keypad.tsx';
import { Parties } from './parties.tsx';
import { TransferDialog } from './transfer-dialog.tsx';

export function CallCard({ contact }: { contact: DeskContact }) {
  const { t, language, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  const [open, setOpen] = useState<'transfer' | 'detour' | 'keypad'>();
  const phone = usePhone();
  const { interaction, call } = contact;
  const phase = call?.phase ?? 'talking';
  const held = phase === 'held';
  const inFlow = phase === 'detour';
  /** Nobody is talking to anybody yet: her own call rings. */
  const calling = phase === 'ringing';
  const asking = phase === 'consulting';
  const queue = state.setup?.queues.find((one) => one.id === contact.queue);
  const flows = state.setup?.flows ?? [];
  const recording = call?.recording ?? 'off';
  const shown = held ? 'held' : inFlow ? 'detour' : calling || asking || phase === 'conference' ? phase : contact.state;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]') !== null || inFlow || calling || asking) return;
      if (event.key === 'F4' && !event.altKey) void act(held ? 'resume-call' : 'hold', { interaction });
      else if (event.key === 'F8') setOpen('transfer');
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [held, inFlow, calling, asking, interaction, act]);

  return (
    <section className="card call" data-phase={shown} aria-label={t(`contact.state.${shown}`)}>
      <header className="card-head">
        <span className="state-chip" data-phase={shown}>
          {t(`contact.state.${shown}`)}
        </span>
        {queue !== undefined && <span className="chip">{nameIn(language, queue.name, queue.id)}</span>}
        <span className="call-time">
          <span className="hidden">{t('call.duration')}</span>
          <time className="figures">{duration(now - contact.since)}</time>
        </span>
      </header>
      <Caller contact={contact} />
      {inFlow && <p className="hint">{t('call.in-flow')}</p>}
      {call !== undefined && <Parties call={call} />}
      <div className="recording" data-recording={recording}>
        <span className="recording-dot" />
        <span>{t(`call.recording.${recording}`)}</span>
        {recording === 'on' && !inFlow && (
          <button type="button" className="ghost small" onClick={() => void act('pause-recording', { interaction })}>
            {t('call.recording.pause')}
          </button>
        )}
        {recording === 'paused' && !inFlow && (
          <button type="button" className="ghost small" onClick={() => void act('resume-recording', { interaction })}>
            {t('call.recording.go-on')}
          </button>
        )}
      </div>
      <fieldset className="controls" disabled={state.link.is !== 'open'}>
        <legend className="hidden">{t('call.controls')}</legend>
        {phone !== undefined && (
          <button type="button" className="control" aria-pressed={phone.muted} onClick={() => phone.mute(!phone.muted)}>
            <Icon name={phone.muted ? 'mic-off' : 'mic'} />
            <span>{t(phone.muted ? 'phone.unmute' : 'phone.mute')}</span>
          </button>
        )}
        <button
          type="button"
          className="control"
          aria-pressed={held}
          aria-keyshortcuts="F4"
          disabled={inFlow || calling || asking}
          onClick={() => void act(held ? 'resume-call' : 'hold', { interaction })}
        >
          <Icon name={held ? 'play' : 'pause'} />
          <span>{t(held ? 'call.resume' : 'call.hold')}</span>
          <kbd>F4</kbd>
        </button>
        <button
          type="button"
          className="control"
          aria-keyshortcuts="F8"
          disabled={inFlow || calling || asking}
          onClick={() => setOpen('transfer')}
        >
          <Icon name="transfer" />
          <span>{t('call.transfer')}</span>
          <kbd>F8</kbd>
        </button>
        {flows.length > 0 && (
          <button
            type="button"
            className="control"
            disabled={inFlow || held || calling || asking}
            onClick={() => setOpen('detour')}
          >
            <Icon name="flow" />
            <span>{t('call.detour')}</span>
          </button>
        )}
        <button
          type="button"
          className="control"
          aria-expanded={open === 'keypad'}
          disabled={inFlow || held}
          onClick={() => setOpen(open === 'keypad' ? undefined : 'keypad')}
        >
          <Icon name="keypad" />
          <span>{t('call.keypad')}</span>
        </button>
        {contact.state === 'connected' && (
          <button
            type="button"
            className="control"
            disabled={inFlow || calling || asking}
            onClick={() => void act('park', { interaction })}
          >
            <Icon name="park" />
            <span>{t('call.park')}</span>
          </button>
        )}
        <button type="button" className="control hangup" onClick={() => void act('hangup', { interaction })}>
          <Icon name="phone-off" />
          <span>{t('call.hangup')}</span>
        </button>
      </fieldset>
      {open === 'keypad' && <Keypad interaction={interaction} />}
      {open === 'transfer' && <TransferDialog interaction={interaction} onClose={() => setOpen(undefined)} />}
      {open === 'detour' && <DetourDialog interaction={interaction} onClose={() => setOpen(undefined)} />}
    </section>
  );
}
