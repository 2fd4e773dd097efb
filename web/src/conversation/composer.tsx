import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useNow } from '../clock.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { type RestFailed, rest } from '../rest.ts';
import { blankIn } from './blank.ts';
import { CannedAnswers } from './canned-answers.tsx';
import { draftOf, keepDraft } from './drafts.ts';
import type { ConversationView, Message } from './state.ts';
import { useConversationWords } from './words.ts';

type Attachment = Extract<Message['content'], { type: 'media' }>['attachment'];

/** The server takes no more; said before anything is sent. */
const largestFile = 20 * 1024 * 1024;
/** The customer is told at most that often that she writes. */
const typingEveryMs = 3_000;

/** Where she writes. What she has not sent yet stays when she looks at another contact. */
export function Composer({ view }: { view: ConversationView }) {
  const { state, act, change } = usePanel();
  const say = useConversationWords();
  const now = useNow() + state.clockOffset;
  const { interaction, window } = view;
  const [text, setText] = useState(draftOf(interaction));
  const [note, setNote] = useState(false);
  const [canned, setCanned] = useState(false);
  const [busy, setBusy] = useState(false);
  /** The text that was held back for a blank in it; sent again as it is, it goes. */
  const [held, setHeld] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const toldAt = useRef(0);
  // One message stays one, however often a lost connection makes her send it.
  const key = useRef(crypto.randomUUID());

  const closed =
    window !== undefined && (window.left === 0 || (window.until !== undefined && window.until <= now)) && !note;
  useEffect(() => field.current?.focus(), []);

  const write = (next: string) => {
    setText(next);
    keepDraft(interaction, next);
    if (note || next === '' || performance.now() - toldAt.current < typingEveryMs) return;
    toldAt.current = performance.now();
    void act('typing', { interaction });
  };
  const send = async () => {
    const said = text.trim();
    if (said === '' || busy || closed) return;
    const blank = note || held === text ? undefined : blankIn(text);
    if (blank) {
      setHeld(text);
      field.current?.focus();
      field.current?.setSelectionRange(blank.from, blank.until);
      return;
    }
    setBusy(true);
    const done = note
      ? await act('send-note', { interaction, text: said })
      : await act('send-message', { interaction, key: key.current, content: { type: 'text', text: said } });
    setBusy(false);
    if (!done) return;
    key.current = crypto.randomUUID();
    setText('');
    setHeld(undefined);
    keepDraft(interaction, '');
    field.current?.focus();
  };
  const attach = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    const failed = (reason: string) => change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason } });
    if (chosen.size > largestFile) return failed(say('file.too-large'));
    setBusy(true);
    try {
      const kind = /^(image|video)\//.exec(chosen.type)?.[1] ?? (chosen.type.startsWith('audio/') ? 'voice' : 'file');
      const query = { channel: view.via, key: crypto.randomUUID(), kind, name: chosen.name.slice(0, 255) };
      const type = chosen.type === '' ? 'application/octet-stream' : chosen.type;
      const attachment = await rest<Attachment>('/attachments', { method: 'PUT', query, body: chosen, type });
      await act('send-message', { interaction, key: crypto.randomUUID(), content: { type: 'media', attachment } });
    } catch (error) {
      failed((error as RestFailed).message);
    }
    setBusy(false);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes (Chinese), Enter takes its proposal.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    } else if (event.key === '/' && text === '') {
      event.preventDefault();
      setCanned(true);
    }
  };

  return (
    <div className="composer" data-note={note}>
      {canned && (
        <CannedAnswers
          view={view}
          onChoose={(chosen) => {
            write(text === '' ? chosen : `${text} ${chosen}`);
            setCanned(false);
            field.current?.focus();
          }}
          onClose={() => {
            setCanned(false);
            field.current?.focus();
          }}
        />
      )}
      {closed && <p className="hint">{say('window.closed')}</p>}
      {held === text && <p role="alert">{say('blank.left', { blank: blankIn(text)?.blank ?? '' })}</p>}
      <textarea
        ref={field}
        rows={2}
        value={text}
        aria-label={note ? say('note') : say('write')}
        placeholder={note ? say('note.hint') : say('write.hint')}
        maxLength={note ? 4_000 : 20_000}
        disabled={closed}
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-tools">
        <button
          type="button"
          className="ghost small"
          aria-expanded={canned}
          onClick={() => setCanned(!canned)}
          disabled={closed}
        >
          <Icon name="book" size={16} /> {say('canned')}
        </button>
        <input
          ref={file}
          type="file"
          hidden
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            event.currentTarget.value = '';
            void attach(chosen);
          }}
        />
        <button
          type="button"
          className="ghost small"
          disabled={closed || busy || note}
          onClick={() => file.current?.click()}
        >
          {say('attach')}
        </button>
        <button type="button" className="ghost small" aria-pressed={note} onClick={() => setNote(!note)}>
          {say('note')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={busy || closed || text.trim() === ''}
          onClick={() => void send()}
        >
          {say('send')}
        </button>
      </div>
    </div>
  );
}
