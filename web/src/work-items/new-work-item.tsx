import { useEffect, useId, useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { RestFailed, rest } from '../rest.ts';
import { type Priority, priorities, type WorkItem } from './types.ts';
import { useWorkItemWords } from './words.ts';

interface Channel {
  id: string;
  name: { en?: string | undefined; zh?: string | undefined };
}

interface Begun {
  via: string;
  subject: string;
  text: string;
  priority: Priority;
  mine: boolean;
}

/** Makes a work item; of a contact, where it comes from one. */
export function NewWorkItem({
  channels,
  of,
  onClose,
  onMade,
}: {
  channels: readonly Channel[];
  of?: { interaction: string; customer?: string | undefined; name?: string | undefined } | undefined;
  onClose: () => void;
  onMade: (made: WorkItem) => void;
}) {
  const { language, state } = usePanel();
  const say = useWorkItemWords();
  const { before, keep } = useUnsaved<Begun>(`work-items/${of?.interaction ?? '+'}`);
  const [via, setVia] = useState(before?.via ?? channels[0]?.id ?? '');
  const [subject, setSubject] = useState(before?.subject ?? '');
  const [text, setText] = useState(before?.text ?? '');
  const [priority, setPriority] = useState<Priority>(before?.priority ?? 'normal');
  const [mine, setMine] = useState(before?.mine ?? false);
  const begun = subject !== '' || text !== '';
  useEffect(
    () => keep(begun ? { via, subject, text, priority, mine } : undefined),
    [keep, begun, via, subject, text, priority, mine],
  );
  const [failed, setFailed] = useState<string>();
  const [busy, setBusy] = useState(false);
  const id = useId();
  const me = state.setup?.me;

  const create = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      const body = {
        via,
        subject,
        text,
        priority,
        ...(mine && me !== undefined ? { owner: me.id } : {}),
        ...(of?.customer === undefined ? {} : { customer: of.customer }),
        ...(of === undefined ? {} : { links: [{ interaction: of.interaction }] }),
      };
      onMade(await rest<WorkItem>('/work-items', { method: 'POST', body }));
      keep(undefined);
      onClose();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error.message);
      setBusy(false);
    }
  };

  return (
    <Dialog title={say('new')} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
        }}
      >
        {of !== undefined && (
          <p className="of-contact">
            <span className="chip strong">{of.name ?? of.customer ?? of.interaction}</span>
            <span className="muted">{say('of-contact.hint')}</span>
          </p>
        )}
        <label className="field">
          {say('subject')}
          <input value={subject} required maxLength={200} onChange={(event) => setSubject(event.target.value)} />
        </label>
        <label className="field">
          {say('text')}
          <textarea
            value={text}
            required
            rows={5}
            maxLength={20_000}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="dialog-row">
          {channels.length > 1 && (
            <label className="field" htmlFor={`${id}-via`}>
              {say('channel')}
              <select id={`${id}-via`} value={via} onChange={(event) => setVia(event.target.value)}>
                {channels.map((one) => (
                  <option key={one.id} value={one.id}>
                    {nameIn(language, one.name, one.id)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label className="field" htmlFor={`${id}-priority`}>
            {say('priority')}
            <select
              id={`${id}-priority`}
              value={priority}
              onChange={(event) => setPriority(event.target.value as Priority)}
            >
              {priorities.map((one) => (
                <option key={one} value={one}>
                  {say(`priority.${one}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
        {state.live !== undefined && (
          <label className="check">
            <input type="checkbox" checked={mine} onChange={(event) => setMine(event.target.checked)} />
            {say('owner.mine')}
          </label>
        )}
        {failed !== undefined && (
          <p className="failure" role="alert">
            {failed}
          </p>
        )}
        <div className="dialog-keys">
          <button
            type="button"
            className="ghost"
            onClick={() => {
              keep(undefined);
              onClose();
            }}
          >
            {say('cancel')}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {say('create')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
