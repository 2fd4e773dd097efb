// Opens a calibration: which contact, by which form, and who scores it.
import { type FormEvent, useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import type { Calibration, EvaluationForm } from '../quality/types.ts';
import { useQualityWords } from '../quality/words.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import { EvaluatorChoice } from './evaluator-choice.tsx';
import { useAgents } from './use-agents.ts';

export function CalibrationDialog({
  about,
  onClose,
  onOpened,
}: {
  /** Of which contact, where that is known: its agents are chosen from. */
  about?: { interaction: string; agents: string[] };
  onClose: () => void;
  onOpened: (made: Calibration) => void;
}) {
  const { language, state } = usePanel();
  const say = useQualityWords();
  const { list, nameOf } = useAgents();
  const agents = about?.agents.map((id) => ({ id, name: nameOf(id) })) ?? list;
  const { data } = useRest<{ forms: EvaluationForm[] }>('/quality/forms');
  const me = state.setup?.me.id;
  const [evaluators, setEvaluators] = useState<string[]>(me === undefined ? [] : [me]);
  const [failed, setFailed] = useState<RestFailed>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setFailed(undefined);
    const given = new FormData(event.currentTarget);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    try {
      const body = { form: text('form'), interaction: text('interaction'), agent: text('agent'), evaluators };
      onOpened(await rest<Calibration>('/quality/calibrations', { method: 'POST', body }));
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={say('open')} onClose={onClose}>
      <form className="phone-settings" onSubmit={(event) => void submit(event)}>
        <label className="field">
          {say('interaction')}
          <input
            name="interaction"
            required
            spellCheck={false}
            defaultValue={about?.interaction}
            readOnly={about !== undefined}
          />
        </label>
        <label className="field">
          {say('agent')}
          <select name="agent" required>
            {agents.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          {say('form')}
          <select name="form" required>
            {data?.forms
              .filter(({ retired }) => !retired)
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {nameIn(language, name, id)}
                </option>
              ))}
          </select>
        </label>
        <EvaluatorChoice chosen={evaluators} choose={setEvaluators} />
        <Failure of={failed} />
        <button type="submit" className="primary wide" disabled={evaluators.length < 2}>
          {say('open-it')}
        </button>
      </form>
    </Dialog>
  );
}
