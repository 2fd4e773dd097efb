import { useEffect, useRef, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';
import type { QueueCard } from '../state/state.ts';
import { CallbackDialog } from './callback-dialog.tsx';
import { Dispositions } from './dispositions.tsx';

/** A note is written to the server that long after the last key. */
const saveAfterMs = 800;
const longestNote = 4_000;

/** Disposition and note: written down as they are made, so that nothing is lost with the page. */
export function WorkForm({ contact, queue }: { contact: DeskContact; queue: QueueCard | undefined }) {
  const { t, act, state } = usePanel();
  const { interaction, work } = contact;
  const [note, setNote] = useState(work?.note ?? '');
  const saved = work?.note ?? '';
  const edited = useRef(false);

  // Another panel of hers wrote a note, and this one has nothing of its own that is not saved.
  useEffect(() => {
    if (!edited.current) setNote(saved);
  }, [saved]);
  useEffect(() => {
    if (!edited.current || state.link.is !== 'open') return;
    const save = async () => {
      if (await act('note', { interaction, note })) edited.current = false;
    };
    const timer = setTimeout(() => void save(), saveAfterMs);
    return () => clearTimeout(timer);
  }, [note, interaction, act, state.link.is]);

  const dispositions = queue?.dispositions ?? [];
  const missing = queue?.dispositionRequired === true && work?.disposition === undefined;
  const [calling, setCalling] = useState(false);
  return (
    <div className="work">
      {dispositions.length > 0 && (
        <fieldset className="dispositions" data-missing={missing && contact.state === 'wrap-up'}>
          <legend>
            {t('wrap-up.disposition')} {missing && <span className="required">{t('wrap-up.required')}</span>}
          </legend>
          <Dispositions
            nodes={queue?.dispositionTree ?? []}
            chosen={work?.disposition}
            name={`disposition-${contact.key}`}
            onChoose={(disposition) => void act('disposition', { interaction, disposition })}
          />
        </fieldset>
      )}
      {contact.channel === 'voice' && (
        <button type="button" className="ghost small callback-open" onClick={() => setCalling(true)}>
          <Icon name="clock" size={16} /> {t('callback.open')}
        </button>
      )}
      {calling && <CallbackDialog contact={contact} onClose={() => setCalling(false)} />}
      <label className="note">
        <span className="note-head">
          {t('wrap-up.note')}
          <span className="muted" aria-live="polite">
            {note !== saved ? t('wrap-up.saving') : note === '' ? '' : t('wrap-up.saved')}
          </span>
        </span>
        <textarea
          value={note}
          maxLength={longestNote}
          rows={4}
          placeholder={t('wrap-up.note-hint')}
          onChange={(event) => {
            edited.current = true;
            setNote(event.target.value);
          }}
          onBlur={() => {
            if (edited.current && note !== saved) void act('note', { interaction, note });
          }}
        />
      </label>
    </div>
  );
}
