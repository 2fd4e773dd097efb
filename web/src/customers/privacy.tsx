// Everything about one person in her hand, or gone for good; for administrators.
import { type FormEvent, useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { addressOf, RestFailed, rest } from '../rest.ts';
import { useCustomerWords } from './words.ts';

export function Privacy({ customer, called, onErased }: { customer: string; called: string; onErased: () => void }) {
  const say = useCustomerWords();
  const path = `/customers/${encodeURIComponent(customer)}`;
  const [asking, setAsking] = useState(false);
  const [word, setWord] = useState('');
  const [busy, setBusy] = useState(false);
  const [erased, setErased] = useState<number>();
  const [failed, setFailed] = useState<RestFailed>();
  const close = () => {
    setAsking(false);
    setWord('');
    if (erased !== undefined) onErased();
  };
  const erase = async (event: FormEvent) => {
    event.preventDefault();
    if (word.trim() !== say('erase.word')) return;
    setBusy(true);
    setFailed(undefined);
    try {
      setErased((await rest<{ events: number }>(path, { method: 'DELETE' })).events);
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card privacy" aria-label={say('privacy')}>
      <h2>{say('privacy')}</h2>
      <div>
        <a className="button secondary" href={addressOf(`${path}/export`)} download={`${customer}.json`}>
          {say('export')}
        </a>
        <p className="hint">{say('export.hint')}</p>
      </div>
      <div>
        <button type="button" className="secondary quiet-danger" onClick={() => setAsking(true)}>
          {say('erase')}
        </button>
        <p className="hint">{say('erase.hint')}</p>
      </div>
      {asking && (
        <Dialog title={say('erase.title')} onClose={close}>
          {erased === undefined ? (
            <form className="confirm" onSubmit={(event) => void erase(event)}>
              <label htmlFor="erase-word">{say('erase.ask', { word: say('erase.word'), name: called })}</label>
              <input
                id="erase-word"
                autoComplete="off"
                value={word}
                onChange={(event) => setWord(event.target.value)}
              />
              <Failure of={failed} />
              <div className="form-foot">
                <button
                  type="submit"
                  className="secondary quiet-danger"
                  disabled={busy || word.trim() !== say('erase.word')}
                >
                  {say('erase.do')}
                </button>
                <button type="button" className="secondary" onClick={close}>
                  {say('cancel')}
                </button>
              </div>
            </form>
          ) : (
            <div className="confirm">
              <p role="status">{say('erase.done', { count: erased })}</p>
              <div className="form-foot">
                <button type="button" className="primary" onClick={close}>
                  {say('close')}
                </button>
              </div>
            </div>
          )}
        </Dialog>
      )}
    </section>
  );
}
