import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';
import { useConversationWords } from './words.ts';

/**
 * From a call that goes on from a chat, a mail …: she writes to the customer there. What she wrote to is hers then, as a contact of
 * its own, and she goes on there.
 */
export function WriteBack({ contact }: { contact: DeskContact }) {
  const { state, act } = usePanel();
  const say = useConversationWords();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  // One message stays one, however often a lost connection makes her send it.
  const key = useRef(crypto.randomUUID());
  useEffect(() => {
    if (open) field.current?.focus();
  }, [open]);

  const send = async () => {
    const said = text.trim();
    if (said === '' || busy) return;
    setBusy(true);
    const { interaction } = contact;
    const done = await act('go-on-writing', { interaction, key: key.current, content: { type: 'text', text: said } });
    setBusy(false);
    if (!done) return;
    key.current = crypto.randomUUID();
    setText('');
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes (Chinese), Enter takes its proposal.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <section className="card write-back" aria-label={say('back')}>
      <button
        type="button"
        className="secondary small"
        aria-expanded={open}
        disabled={state.link.is !== 'open'}
        onClick={() => setOpen(!open)}
      >
        <Icon name="chat" size={16} />
        <span>{say('back')}</span>
      </button>
      {open && (
        <div className="composer">
          <textarea
            ref={field}
            rows={2}
            value={text}
            maxLength={20_000}
            aria-label={say('back.message')}
            placeholder={say('back.hint')}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          <div className="composer-tools">
            <button type="button" className="primary" disabled={busy || text.trim() === ''} onClick={() => void send()}>
              {say('send')}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
