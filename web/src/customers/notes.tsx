import { type FormEvent, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import type { Note } from './types.ts';
import { useCustomerWords } from './words.ts';

/** What people wrote down about her. */
export function Notes({ customer }: { customer: string }) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const path = `/customers/${encodeURIComponent(customer)}/notes`;
  const { data, failed, reload } = useRest<{ notes: Note[] }>(path);
  const { before = '', keep } = useUnsaved<string>(`note/${customer}`);
  const [text, setText] = useState(before);
  const [problem, setProblem] = useState<RestFailed>();
  const write = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setProblem(undefined);
    try {
      await rest(path, { method: 'POST', body: { text: text.trim() } });
      setText('');
      keep(undefined);
      reload();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setProblem(error);
    }
  };
  return (
    <>
      <Failure of={failed ?? problem} />
      {data?.notes.length === 0 && <p className="muted">{say('notes.none')}</p>}
      <ul className="customer-notes">
        {data?.notes.map(({ id, at, by, text: said }) => (
          <li key={id}>
            <p>{said}</p>
            <p className="muted figures">
              {dateTime(at, now, language, state.setup?.site.timeZone ?? 'UTC')} · {say('tag.by', { by })}
            </p>
          </li>
        ))}
      </ul>
      <form className="inline-form" onSubmit={(event) => void write(event)}>
        <input
          aria-label={say('note.new')}
          placeholder={say('note.new')}
          maxLength={4_000}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            keep(event.target.value === '' ? undefined : event.target.value);
          }}
        />
        <button type="submit" className="secondary" disabled={text.trim() === ''}>
          {say('note.write')}
        </button>
      </form>
    </>
  );
}
