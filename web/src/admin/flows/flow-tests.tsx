import { useState } from 'react';
import { Failure } from '../../parts/failure.tsx';
import { RestFailed, rest } from '../../rest.ts';
import { useFlowWords } from './words.ts';

interface TestResult {
  name: string;
  ok: boolean;
  failure?: { step: number; sentence: string };
  said: string[];
}

/** Runs the tests that stand beside the flow, as it is saved. */
export function FlowTestsPane({ flow }: { flow: string }) {
  const say = useFlowWords();
  const [results, setResults] = useState<TestResult[]>();
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      const { tests } = await rest<{ tests: TestResult[] }>(`/flows/${encodeURIComponent(flow)}/test`, {
        method: 'POST',
      });
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
        {results !== undefined && (
          <span role="status" className={bad > 0 ? 'bad' : 'good'}>
            {say('test-count', { count: results.length, bad })}
          </span>
        )}
      </div>
      <p className="hint">{say('tests-hint', { flow })}</p>
      <Failure of={failed} />
      <ul className="test-results">
        {results?.map(({ name, ok, failure }) => (
          <li key={name} data-ok={ok}>
            <strong>{name}</strong>
            {failure !== undefined && (
              <span>{say('failed-at', { step: failure.step, sentence: failure.sentence })}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
