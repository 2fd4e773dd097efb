import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { useCustomerWords } from './words.ts';

/** Takes a customer who was merged apart again, after asking. @param part her id, not the person's */
export function Unmerge({ part, called, onParted }: { part: string; called: string; onParted: () => void }) {
  const say = useCustomerWords();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<RestFailed>();
  const unmerge = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      await rest(`/customers/${encodeURIComponent(part)}/unmerge`, { method: 'POST' });
      setAsking(false);
      onParted();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" className="secondary small" onClick={() => setAsking(true)}>
        {say('unmerge')}
      </button>
      {asking && (
        <Dialog title={say('unmerge.title')} onClose={() => setAsking(false)}>
          <div className="confirm">
            <p>{say('unmerge.ask', { name: called })}</p>
            <Failure of={failed} />
            <div className="form-foot">
              <button type="button" className="primary target" disabled={busy} onClick={() => void unmerge()}>
                {say('unmerge')}
              </button>
              <button type="button" className="secondary" onClick={() => setAsking(false)}>
                {say('cancel')}
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
