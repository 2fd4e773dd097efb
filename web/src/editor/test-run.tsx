import { useState } from 'react';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';

/** One test beside a file, and in a sentence what was wrong. */
export interface TestOutcome {
  name: string;
  ok: boolean;
  wrong?: string | undefined;
}

/** Runs the tests that stand beside a file and lists what came of them. */
export function TestRun<Result>({
  path,
  body,
  outcome,
  words,
}: {
  path: string;
  body?: unknown;
  outcome: (result: Result) => TestOutcome;
  words: { run: string; hint: string; none: string; count: (count: number, bad: number) => string };
}) {
  const [results, setResults] = useState<TestOutcome[]>();
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      const { tests } = await rest<{ tests: Result[] }>(path, { method: 'POST', body });
      setResults(tests.map(outcome));
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
          {words.run}
        </button>
        {results !== undefined && results.length > 0 && (
          <span role="status" className={bad > 0 ? 'bad' : 'good'}>
            {words.count(results.length, bad)}
          </span>
        )}
      </div>
      <p className="hint">{words.hint}</p>
      <Failure of={failed} />
      {results?.length === 0 && <p className="muted">{words.none}</p>}
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
