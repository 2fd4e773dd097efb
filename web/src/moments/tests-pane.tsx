import { useState } from 'react';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { useMomentWords } from './words.ts';

interface TestResult {
  name: string;
  ok: boolean;
  wrong?: string;
}

/** Runs the tests that stand beside the moment on the text in the editor. */
export function TestsPane({ moment, text }: { moment: string; text: string }) {
  const say = useMomentWords();
  const [results, setResults] = useState<TestResult[]>();
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      const path = `/moments/${encodeURIComponent(moment)}/test`;
      const { tests } = await rest<{ tests: TestResult[] }>(path, { method: 'POST', body: { text } });
      setResults(tests);
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };
  const bad = results?.filter(({ ok }) => !ok).length ?? 0;
  return (
    <div className="simulator">
      <div className="simulator-head">
        <button type="button" className="primary" disabled={busy} onClick={() => void run()}>
          {say('run-tests')}
        </button>
        {results !== undefined && results.length > 0 && (
          <span role="status" className={bad > 0 ? 'bad' : 'good'}>
            {say('test-count', { count: results.length, bad })}
          </span>
        )}
      </div>
      <p className="hint">{say('tests-hint', { moment })}</p>
      <Failure of={failed} />
      {results?.length === 0 && <p className="muted">{say('tests-none')}</p>}
      <ul className="test-results">
        {results?.map(({ name, ok, wrong }) => (
          <li key={name} data-ok={ok}>
            <strong>{name}</strong>
            {wrong !== undefined && <span>{wrong}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
