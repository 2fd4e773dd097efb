import { TestRun } from '../../editor/test-run.tsx';
import { useFlowWords } from './words.ts';

interface FlowTest {
  name: string;
  ok: boolean;
  failure?: { step: number; sentence: string };
}

/** Runs the tests that stand beside the flow, as it is saved. */
export function FlowTestsPane({ flow }: { flow: string }) {
  const say = useFlowWords();
  return (
    <TestRun<FlowTest>
      path={`/flows/${encodeURIComponent(flow)}/test`}
      outcome={({ name, ok, failure }) => ({ name, ok, wrong: failure && say('failed-at', { ...failure }) })}
      words={{
        run: say('run-tests'),
        hint: say('tests-hint', { flow }),
        none: say('tests-none'),
        count: (count, bad) => say('test-count', { count, bad }),
      }}
    />
  );
}
