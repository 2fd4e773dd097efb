import { useRef, useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { RestFailed, rest } from '../rest.ts';
import { useSocialWords } from './words.ts';

const longest = 5_000;

/** A public answer, to one or to all who ask the same. */
export function AnswerDialog<Answer>({
  title,
  question,
  hint,
  all = false,
  path,
  more = {},
  onClose,
  onDone,
}: {
  title: string;
  question: string;
  hint?: string;
  /** To all who ask the same: each waits for a second person. */
  all?: boolean;
  path: string;
  more?: Record<string, unknown>;
  onClose: () => void;
  onDone: (answer: Answer) => void;
}) {
  const say = useSocialWords();
  const { before = '', keep } = useUnsaved<string>(`answer${path}/${question}`);
  const [text, setText] = useState(before);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  /** Pressed twice it is one answer. */
  const key = useRef(crypto.randomUUID());
  const send = async () => {
    if (busy || text.trim() === '') return;
    setBusy(true);
    setFailed(undefined);
    try {
      onDone(await rest<Answer>(path, { method: 'POST', body: { text, key: key.current, ...more } }));
      keep(undefined);
      onClose();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error.message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <blockquote className="social-quote">{question}</blockquote>
        <label className="field">
          {say('answer.text')}
          <textarea
            value={text}
            rows={6}
            required
            maxLength={longest}
            autoFocus
            onChange={(event) => {
              setText(event.target.value);
              keep(event.target.value === '' ? undefined : event.target.value);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
            }}
          />
        </label>
        <p className="hint">
          {hint ?? say('answer.waits')} {all && say('answer.name', { name: '{name}' })}
        </p>
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
          <button type="submit" className="primary" disabled={busy || text.trim() === ''}>
            {say(all ? 'answer.submit' : 'answer.send')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
