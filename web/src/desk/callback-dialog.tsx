import { type FormEvent, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import type { DeskContact } from '../state/contacts.ts';

/** Agrees on a callback: when, by whom, why. */
export function CallbackDialog({ contact, onClose }: { contact: DeskContact; onClose: () => void }) {
  const { t, state, change } = usePanel();
  const content = contact.pop?.content;
  const [at, setAt] = useState(() => local(Date.now() + 3_600_000));
  const [number, setNumber] = useState(content?.from ?? contact.call?.from ?? '');
  const [note, setNote] = useState('');
  const [mine, setMine] = useState(true);
  const [failed, setFailed] = useState<RestFailed>();
  const queue = contact.queue ?? state.setup?.queues.find((one) => one.mine)?.id;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setFailed(undefined);
    const from = new Date(at).getTime();
    try {
      await rest('/callbacks', {
        method: 'POST',
        body: {
          queue,
          number: number.replace(/[\s()./-]/g, ''),
          ...(content?.customer?.name === undefined ? {} : { name: content.customer.name }),
          ...(note === '' ? {} : { note }),
          ...(mine ? { preferred: state.setup?.me.id } : {}),
          from,
          origin: contact.interaction,
        },
      });
      change({ on: 'notice', notice: { kind: 'good', about: 'said', text: t('callback.made') } });
      onClose();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={t('callback.title')} onClose={onClose}>
      <form className="phone-settings" onSubmit={(event) => void save(event)}>
        <label className="field">
          {t('callback.when')}
          <input type="datetime-local" required value={at} onChange={(event) => setAt(event.target.value)} />
        </label>
        <label className="field">
          {t('callback.number')}
          <input required value={number} inputMode="tel" onChange={(event) => setNumber(event.target.value)} />
        </label>
        <label className="field">
          {t('callback.note')}
          <textarea rows={3} maxLength={4_000} value={note} onChange={(event) => setNote(event.target.value)} />
        </label>
        <label className="check">
          <input type="checkbox" checked={mine} onChange={(event) => setMine(event.target.checked)} />
          {t('callback.mine')}
        </label>
        <Failure of={failed} />
        <button type="submit" className="primary wide">
          {t('callback.save')}
        </button>
      </form>
    </Dialog>
  );
}

/** As `datetime-local` wants it: this browser's wall clock, to the minute. */
function local(time: number): string {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
