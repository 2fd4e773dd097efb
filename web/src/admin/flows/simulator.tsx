import { useEffect, useState } from 'react';
import { Failure } from '../../parts/failure.tsx';
import { RestFailed, rest } from '../../rest.ts';
import { useFlowWords } from './words.ts';

export interface Simulation {
  said: string[];
  visited: string[];
  node: string;
  waitsFor: 'keys' | 'queue' | 'transfer' | 'nothing';
  where: string;
  variables: Record<string, string>;
  language: string;
  refused?: string;
}

type Input = { press: string } | { wait: true } | { queue: string } | { transfer: string };

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const queueEnds = ['overflow', 'empty', 'full', 'closed', 'failed', 'talked'];
const transferEnds = ['busy', 'no-answer', 'failed'];

/** A call through the text as it stands in the editor; each press asks the server for the whole call again. */
export function Simulator({
  flow,
  text,
  onState,
}: {
  flow: string;
  text: string;
  onState: (simulation: Simulation | undefined) => void;
}) {
  const say = useFlowWords();
  const [language, setLanguage] = useState('');
  const [inputs, setInputs] = useState<Input[]>([]);
  const [state, setState] = useState<Simulation>();
  const [failed, setFailed] = useState<RestFailed>();

  useEffect(() => {
    const stop = new AbortController();
    const given = language === '' ? {} : { language };
    rest<Simulation>(`/flows/${encodeURIComponent(flow)}/simulate`, {
      method: 'POST',
      body: { text, given, inputs },
      signal: stop.signal,
    }).then(
      (answer) => {
        setState(answer);
        setFailed(undefined);
        onState(answer);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
        onState(undefined);
      },
    );
    return () => stop.abort();
  }, [flow, text, language, inputs, onState]);
  useEffect(() => () => onState(undefined), [onState]);

  const add = (input: Input) => setInputs((before) => [...before, input]);
  const ends = state?.waitsFor === 'queue' ? queueEnds : state?.waitsFor === 'transfer' ? transferEnds : [];
  return (
    <div className="simulator">
      <div className="simulator-head">
        <label>
          {say('language')}{' '}
          <select value={language} onChange={(event) => setLanguage(event.target.value)}>
            <option value="">{say('first-language')}</option>
            <option value="en">English</option>
            <option value="zh">中文</option>
          </select>
        </label>
        <button type="button" className="secondary small" onClick={() => setInputs([])}>
          {say('call-again')}
        </button>
        <button
          type="button"
          className="ghost small"
          disabled={inputs.length === 0}
          onClick={() => setInputs((before) => before.slice(0, -1))}
        >
          {say('step-back')}
        </button>
      </div>
      <Failure of={failed} />
      {state !== undefined && (
        <>
          <ol className="said" aria-label={say('heard')}>
            {state.said.map((one, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: what was said stays where it is
              <li key={place}>{one}</li>
            ))}
          </ol>
          <p className="where" role="status">
            {state.refused ?? state.where}
          </p>
          {state.waitsFor === 'keys' && (
            <div className="keypad simulator-keys">
              {keys.map((key) => (
                <button key={key} type="button" className="secondary" onClick={() => add({ press: key })}>
                  {key}
                </button>
              ))}
              <button type="button" className="ghost" onClick={() => add({ wait: true })}>
                {say('say-nothing')}
              </button>
            </div>
          )}
          {ends.length > 0 && (
            <div className="simulator-head">
              {ends.map((how) => (
                <button
                  key={how}
                  type="button"
                  className="secondary small"
                  onClick={() => add(state.waitsFor === 'queue' ? { queue: how } : { transfer: how })}
                >
                  {how}
                </button>
              ))}
            </div>
          )}
          {Object.values(state.variables).some((value) => value !== '') && (
            <dl className="facts">
              {Object.entries(state.variables)
                .filter(([, value]) => value !== '')
                .map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
            </dl>
          )}
        </>
      )}
    </div>
  );
}
