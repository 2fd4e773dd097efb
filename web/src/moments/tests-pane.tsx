import { type TestOutcome, TestRun } from '../editor/test-run.tsx';
import { useMomentWords } from './words.ts';

/** Runs the tests that stand beside the moment on the text in the editor. */
export function TestsPane({ moment, text }: { moment: string; text: string }) {
  const say = useMomentWords();
  return (
    <TestRun<TestOutcome>
      path={`/moments/${encodeURIComponent(moment)}/test`}
      body={{ text }}
      outcome={(result) => result}
      words={{
        run: say('run-tests'),
        hint: say('tests-hint', { moment }),
        none: say('tests-none'),
        count: (count, bad) => say('test-count', { count, bad }),
      }}
    />
  );
}
