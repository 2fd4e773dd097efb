// Who scores a contact: chosen from those who may.
import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useQualityWords } from '../quality/words.ts';
import { useRest } from '../rest.ts';

/** From so many people on they are looked for by name. */
const many = 8;

export interface Evaluators {
  evaluators: { id: string; name: string }[];
}

export function EvaluatorChoice({ chosen, choose }: { chosen: string[]; choose: (now: string[]) => void }) {
  const { state } = usePanel();
  const say = useQualityWords();
  const { data, failed, reload } = useRest<Evaluators>('/quality/evaluators');
  const [text, setText] = useState('');
  const me = state.setup?.me.id;
  const all = data?.evaluators ?? [];
  const wanted = text.trim().toLowerCase();
  // Those who are chosen stay in sight.
  const shown = all.filter(
    ({ id, name }) => chosen.includes(id) || id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
  );
  return (
    <fieldset className="field people">
      <legend>
        {say('evaluators')} <span className="count">{chosen.length}</span>
      </legend>
      {all.length > many && (
        <input
          type="search"
          value={text}
          placeholder={say('evaluators.search')}
          aria-label={say('evaluators.search')}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <Failure of={failed} onRetry={reload} />
      <ul>
        {shown.map(({ id, name }) => (
          <li key={id}>
            <label className="check">
              <input
                type="checkbox"
                checked={chosen.includes(id)}
                onChange={(event) =>
                  choose(event.target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
                }
              />
              <span>{name}</span>
              <span className="muted figures">{id}</span>
              {id === me && <span className="chip">{say('you')}</span>}
            </label>
          </li>
        ))}
      </ul>
      {data !== undefined && all.length < 2 && <p className="hint">{say('evaluators.few')}</p>}
    </fieldset>
  );
}
