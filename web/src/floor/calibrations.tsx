// Calibrations: several evaluators score one contact, unseen by each other; then it is compared how far they are apart.
import { useEffect, useState } from 'react';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { Questions, unanswered } from '../quality/questions.tsx';
import type { Answers, Calibration, CalibrationResult, EvaluationForm, Spread } from '../quality/types.ts';
import { useQualityWords } from '../quality/words.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { CalibrationDialog } from './calibration-dialog.tsx';
import { useAgents } from './use-agents.ts';

export function Calibrations({ open, onOpen }: { open: string | undefined; onOpen: (id: string | undefined) => void }) {
  const { language, state } = usePanel();
  const say = useQualityWords();
  const { nameOf } = useAgents();
  const [opening, setOpening] = useState(false);
  const { data, failed, reload } = useRest<{ calibrations: Calibration[] }>('/quality/calibrations');
  const forms = useRest<{ forms: EvaluationForm[] }>('/quality/forms');
  const formName = (id: string) => nameIn(language, forms.data?.forms.find((one) => one.id === id)?.name ?? {}, id);
  const at = (time: number) => dateTime(time, Date.now(), language, state.setup?.site.timeZone ?? 'UTC');
  return (
    <>
      <p className="filters">
        <span className="muted">{say('open-hint')}</span>
        <button type="button" className="primary" onClick={() => setOpening(true)}>
          {say('open')}
        </button>
      </p>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        <section className="card scroll" aria-label={say('calibrations')}>
          <table>
            <thead>
              <tr>
                {(['when', 'agent', 'form', 'evaluators', 'state'] as const).map((one) => (
                  <th key={one} scope="col" className={one === 'evaluators' ? 'spare' : undefined}>
                    {one === 'evaluators' ? say('evaluator') : say(one)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data?.calibrations.map((one) => (
                <tr key={one.id} aria-selected={one.id === open}>
                  <th scope="row" className="figures">
                    <a href={hrefOf('floor', 'quality', 'calibrations', one.id)}>{at(one.at)}</a>
                  </th>
                  <td>{nameOf(one.agent)}</td>
                  <td>{formName(one.form)}</td>
                  <td className="spare">{one.evaluators.map(nameOf).join(', ')}</td>
                  <td>{say(`state.${one.state}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {data?.calibrations.length === 0 && <p className="muted">{say('no-calibrations')}</p>}
        </section>
        {open !== undefined && <OneCalibration key={open} id={open} onChanged={reload} />}
      </div>
      {opening && (
        <CalibrationDialog
          onClose={() => setOpening(false)}
          onOpened={({ id }) => {
            setOpening(false);
            reload();
            onOpen(id);
          }}
        />
      )}
    </>
  );
}

function OneCalibration({ id, onChanged }: { id: string; onChanged: () => void }) {
  const { state, language } = usePanel();
  const say = useQualityWords();
  const { nameOf } = useAgents();
  const { data: found, failed, reload } = useRest<CalibrationResult>(`/quality/calibrations/${encodeURIComponent(id)}`);
  const { data: form } = useRest<EvaluationForm>(
    found === undefined ? undefined : `/quality/forms/${encodeURIComponent(found.form)}`,
    { version: found?.version },
  );
  // The recording is played on another page.
  const { before, keep } = useUnsaved<Answers>(`calibration/${id}`);
  const [answers, setAnswers] = useState<Answers>(before ?? {});
  const [refused, setRefused] = useState<RestFailed>();
  const closed = found?.state === 'closed';
  useEffect(() => {
    if (closed) keep(undefined);
  }, [closed, keep]);
  const give = (given: Answers) => {
    setAnswers(given);
    keep(given);
  };
  const me = state.setup?.me.id ?? '';
  const send = async (work: () => Promise<unknown>) => {
    setRefused(undefined);
    try {
      await work();
      reload();
      onChanged();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setRefused(error);
    }
  };
  if (found === undefined || form === undefined) return <Failure of={failed} onRetry={reload} />;
  const { interaction, agent, evaluators, submitted } = found;
  const missing = evaluators.filter((one) => !submitted.includes(one));
  const mine = found.state === 'open' && missing.includes(me);
  return (
    <section className="card detail" aria-label={say('calibrations')}>
      <header className="card-head">
        <h2>{nameOf(agent)}</h2>
        <span className="chip">{say(`state.${found.state}`)}</span>
        <span className="space" />
        <a className="button secondary small" href={hrefOf('floor', 'contacts', interaction)}>
          {say('play')}
        </a>
      </header>
      <p>
        {say('submitted', { done: submitted.length, all: evaluators.length })}
        {missing.length > 0 && (
          <span className="muted"> {say('waiting', { who: missing.map(nameOf).join(', ') })}</span>
        )}
      </p>
      {mine && (
        <form
          className="evaluate"
          aria-label={say('score-it')}
          onSubmit={(event) => {
            event.preventDefault();
            const missing = unanswered(form.sections, answers);
            if (missing !== undefined) {
              const question = nameIn(language, missing.text, missing.id);
              setRefused(new RestFailed(422, 'answers-wrong', say('not-answered', { question })));
              return;
            }
            const body = { form: found.form, version: found.version, interaction, agent, calibration: id, answers };
            void send(async () => {
              await rest('/quality/evaluations', { method: 'POST', body });
              keep(undefined);
            });
          }}
        >
          <h3>{say('score-it')}</h3>
          <Questions sections={form.sections} answers={answers} onAnswer={give} />
          <button type="submit" className="primary">
            {say('submit')}
          </button>
        </form>
      )}
      {found.state === 'open' && submitted.includes(me) && <p className="hint">{say('scored')}</p>}
      <Failure of={refused} />
      {found.state === 'open' ? (
        <button
          type="button"
          className="secondary"
          onClick={() => {
            const question =
              missing.length === 0
                ? say('confirm-close')
                : say('confirm-close-early', { who: missing.map(nameOf).join(', ') });
            if (!window.confirm(question)) return;
            void send(() => rest(`/quality/calibrations/${encodeURIComponent(id)}/close`, { method: 'POST' }));
          }}
        >
          {say('close-it')}
        </button>
      ) : (
        <SpreadTable found={found} form={form} />
      )}
    </section>
  );
}

function SpreadTable({ found, form }: { found: CalibrationResult; form: EvaluationForm }) {
  const { language } = usePanel();
  const say = useQualityWords();
  const { nameOf } = useAgents();
  const given = found.evaluations ?? [];
  const spread = (one: Spread | undefined) =>
    (['least', 'most', 'mean', 'deviation'] as const).map((figure) => (
      <td key={figure} className="number">
        {one === undefined ? '–' : Math.round(one[figure] * 100) / 100}
      </td>
    ));
  return (
    <div className="scroll">
      <table aria-label={say('spread')}>
        <thead>
          <tr>
            <th scope="col">{say('question')}</th>
            {given.map(({ evaluator }) => (
              <th key={evaluator} scope="col" className="number">
                {nameOf(evaluator)}
              </th>
            ))}
            {(['least', 'most', 'average', 'deviation'] as const).map((one) => (
              <th key={one} scope="col" className="number">
                {say(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {form.sections.flatMap(({ questions }) =>
            questions.map(({ id, text }) => (
              <tr key={id}>
                <th scope="row">{nameIn(language, text, id)}</th>
                {given.map(({ evaluator, answers }) => (
                  <td key={evaluator} className="number">
                    {answers[id]?.value ?? '–'}
                  </td>
                ))}
                {spread(found.questions?.[id])}
              </tr>
            )),
          )}
          <tr>
            <th scope="row">
              <strong>{say('total')}</strong>
            </th>
            {given.map(({ evaluator, score }) => (
              <td key={evaluator} className="number">
                <strong>{Math.round(score.total)}</strong>
              </td>
            ))}
            {spread(found.total)}
          </tr>
        </tbody>
      </table>
    </div>
  );
}
