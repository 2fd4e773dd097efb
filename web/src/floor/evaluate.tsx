// Scores an agent's part in a contact by a form; the agent sees the result and can answer.
import { type FormEvent, useEffect, useState } from 'react';
import type { InteractionRecord } from '../../../server/customers/index.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { Questions, unanswered } from '../quality/questions.tsx';
import type { Answers, Evaluation, EvaluationForm } from '../quality/types.ts';
import { useQualityWords } from '../quality/words.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import { goTo } from '../route.ts';
import { CalibrationDialog } from './calibration-dialog.tsx';
import { useFloorWords } from './words.ts';

interface Judged {
  form: EvaluationForm;
  agent: string | undefined;
  answers: Answers;
  comment: string;
}

export function Evaluate({ record }: { record: InteractionRecord }) {
  const { language } = usePanel();
  const say = useFloorWords();
  const { data: forms } = useRest<{ forms: EvaluationForm[] }>('/quality/forms');
  const done = useRest<{ evaluations: Evaluation[] }>('/quality/evaluations', { interaction: record.id });
  const agents = [...new Set(record.agents.flatMap((part) => (part.answeredAt === undefined ? [] : [part.agent])))];
  const offered = forms?.forms.filter((form) => !form.retired) ?? [];
  const { before, keep } = useUnsaved<Judged>(`evaluation/${record.id}`);
  const [form, setForm] = useState(before?.form);
  const [agent, setAgent] = useState(before?.agent ?? agents.at(-1));
  const [answers, setAnswers] = useState<Answers>(before?.answers ?? {});
  const [comment, setComment] = useState(before?.comment ?? '');
  const dirty = form !== undefined && (comment !== '' || Object.keys(answers).length > 0);
  useEffect(
    () => keep(dirty ? { form, agent, answers, comment } : undefined),
    [keep, dirty, form, agent, answers, comment],
  );
  const [failed, setFailed] = useState<RestFailed>();
  const [calibrating, setCalibrating] = useState(false);
  const sayQuality = useQualityWords();
  if (agents.length === 0) return null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFailed(undefined);
    const missing = form && unanswered(form.sections, answers);
    if (missing !== undefined) {
      const question = nameIn(language, missing.text, missing.id);
      setFailed(new RestFailed(422, 'answers-wrong', sayQuality('not-answered', { question })));
      return;
    }
    try {
      const body = { form: form?.id, version: form?.version, interaction: record.id, agent, answers, comment };
      await rest('/quality/evaluations', { method: 'POST', body });
      keep(undefined);
      setForm(undefined);
      setAnswers({});
      setComment('');
      done.reload();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  return (
    <section className="evaluate" aria-label={say('evaluation')}>
      <h3>{say('evaluation')}</h3>
      <Failure of={done.failed} />
      <ul>
        {done.data?.evaluations.map((one) => (
          <li key={one.id}>
            <strong className="figures">{Math.round(one.score.total)}</strong>
            <span>
              {one.agent} · {nameIn(language, forms?.forms.find(({ id }) => id === one.form)?.name ?? {}, one.form)}
            </span>
            <span className="muted">
              {one.evaluator}
              {one.comment !== undefined && one.comment !== '' && `: ${one.comment}`}
              {one.reply !== undefined && ` — ${one.agent}: ${one.reply}`}
            </span>
          </li>
        ))}
      </ul>
      {form === undefined ? (
        <div className="simulator-head">
          {offered.map((one) => (
            <button key={one.id} type="button" className="secondary small" onClick={() => setForm(one)}>
              {say('evaluate-by', { form: nameIn(language, one.name, one.id) })}
            </button>
          ))}
          {offered.length > 0 && (
            <button type="button" className="ghost small" onClick={() => setCalibrating(true)}>
              {sayQuality('open')}
            </button>
          )}
          {forms !== undefined && offered.length === 0 && <p className="hint">{say('no-forms')}</p>}
        </div>
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          {agents.length > 1 && (
            <select value={agent} aria-label={say('agent')} onChange={(event) => setAgent(event.target.value)}>
              {agents.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
          <Questions sections={form.sections} answers={answers} onAnswer={setAnswers} />
          <textarea
            rows={3}
            value={comment}
            aria-label={say('comment')}
            placeholder={say('comment')}
            onChange={(event) => setComment(event.target.value)}
          />
          <Failure of={failed} />
          <footer className="form-foot">
            <button
              type="button"
              className="ghost"
              onClick={() => {
                setForm(undefined);
                // Another form asks other questions.
                setAnswers({});
                setComment('');
                setFailed(undefined);
              }}
            >
              {say('cancel')}
            </button>
            <span className="space" />
            <button type="submit" className="primary">
              {say('submit')}
            </button>
          </footer>
        </form>
      )}
      {calibrating && (
        <CalibrationDialog
          about={{ interaction: record.id, agents }}
          onClose={() => setCalibrating(false)}
          onOpened={({ id }) => goTo('floor', 'quality', 'calibrations', id)}
        />
      )}
    </section>
  );
}
