// An agent's own day: where her time went, what she handled by the hour, and what evaluators thought of her contacts.
import './quality.css';
import { useState } from 'react';
import { BarChart } from '../floor/chart.tsx';
import { dateTime, duration, percent } from '../format.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest, useRest } from '../rest.ts';
import { Questions } from './questions.tsx';
import type { Evaluation, EvaluationForm } from './types.ts';
import { useQualityWords } from './words.ts';

interface Row {
  /** Wall clock of the site. */
  local: string;
  signedInMs: number;
  availableMs: number;
  ringMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  notReadyMs: number;
  reasons: { reason: string; ms: number }[];
  occupancy?: number;
  offers: number;
  missed: number;
  declined: number;
  handled: number;
  averageHandleMs?: number;
}

export default function MyDay({ onClose }: { onClose: () => void }) {
  const { language, state, t } = usePanel();
  const say = useQualityWords();
  // Without dates: since the site's midnight. Supervisors would see everybody.
  const agent = state.setup?.me.id ?? '';
  const whole = useRest<{ rows: Row[] }>('/reports/agents', { agent, interval: 'total' }, 30_000);
  const hours = useRest<{ rows: Row[] }>('/reports/agents', { agent, interval: '60' }, 30_000);
  const [day] = whole.data?.rows ?? [];
  const reasonName = (reason: string) => {
    const key = `reason.${reason}`;
    const known = state.setup?.reasons.find((one) => one.reason === reason)?.name;
    return known === undefined && isKey(key) ? t(key) : nameIn(language, known ?? {}, reason);
  };
  return (
    <Dialog title={say('my-day')} onClose={onClose}>
      <div className="my-day">
        <Failure of={whole.failed ?? hours.failed} onRetry={whole.reload} />
        {whole.data !== undefined && day === undefined && <p className="muted">{say('no-work')}</p>}
        {day !== undefined && (
          <>
            <dl className="facts">
              <Fact name={say('handled')} value={day.handled} />
              <Fact name={say('offers')} value={day.offers} />
              <Fact name={say('missed')} value={day.missed} />
              <Fact name={say('declined')} value={day.declined} />
              <Fact name={say('aht')} value={day.averageHandleMs === undefined ? '–' : duration(day.averageHandleMs)} />
              <Fact name={say('occupancy')} value={percent(day.occupancy)} />
            </dl>
            <h3>{say('time-of-day')}</h3>
            <dl className="facts">
              <Fact name={say('signed-in')} value={duration(day.signedInMs)} />
              <Fact name={say('available')} value={duration(day.availableMs)} />
              <Fact name={say('ring')} value={duration(day.ringMs)} />
              <Fact name={say('talk')} value={duration(day.talkMs)} />
              <Fact name={say('hold')} value={duration(day.holdMs)} />
              <Fact name={say('wrap-up')} value={duration(day.wrapUpMs)} />
              <Fact name={say('not-ready')} value={duration(day.notReadyMs)} />
            </dl>
            {day.reasons.length > 0 && (
              <>
                <h3>{say('reasons')}</h3>
                <dl className="facts">
                  {day.reasons.map(({ reason, ms }) => (
                    <Fact key={reason} name={reasonName(reason)} value={duration(ms)} />
                  ))}
                </dl>
              </>
            )}
            {hours.data !== undefined && hours.data.rows.length > 1 && (
              <BarChart
                label={say('by-hour')}
                bars={hours.data.rows.map((row) => ({
                  label: row.local.slice(11, 16),
                  parts: [
                    { name: say('handled'), value: row.handled },
                    { name: say('missed'), value: row.missed },
                  ],
                }))}
              />
            )}
          </>
        )}
        <MyEvaluations agent={agent} />
      </div>
    </Dialog>
  );
}

function Fact({ name, value }: { name: string; value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figures">{value}</dd>
    </div>
  );
}

function MyEvaluations({ agent }: { agent: string }) {
  const say = useQualityWords();
  const { data, failed, reload } = useRest<{ evaluations: Evaluation[] }>('/quality/evaluations', { agent, limit: 50 });
  // Her own drafts about others are not asked for; a supervisor's about herself are not for her to answer.
  const found = data?.evaluations.filter((one) => one.agent === agent && one.state !== 'draft') ?? [];
  return (
    <section aria-label={say('my-evaluations')}>
      <h3>{say('my-evaluations')}</h3>
      <Failure of={failed} onRetry={reload} />
      {data !== undefined && found.length === 0 && <p className="muted">{say('no-evaluations')}</p>}
      {found.map((one) => (
        <OneEvaluation key={one.id} evaluation={one} onAnswered={reload} />
      ))}
    </section>
  );
}

function OneEvaluation({ evaluation, onAnswered }: { evaluation: Evaluation; onAnswered: () => void }) {
  const { language, state } = usePanel();
  const say = useQualityWords();
  const [open, setOpen] = useState(false);
  const [reply, setReply] = useState('');
  const [failed, setFailed] = useState<RestFailed>();
  const { data: form } = useRest<EvaluationForm>(
    open ? `/quality/forms/${encodeURIComponent(evaluation.form)}` : undefined,
    { version: evaluation.version },
  );
  const answer = async (agrees: boolean) => {
    setFailed(undefined);
    try {
      const body = { agrees, ...(reply.trim() === '' ? {} : { reply: reply.trim() }) };
      await rest(`/quality/evaluations/${encodeURIComponent(evaluation.id)}/answer`, { method: 'POST', body });
      onAnswered();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  const { score, evaluator, at, comment, agrees } = evaluation;
  return (
    <details className="evaluation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong className="figures">{Math.round(score.total)}</strong>
        <span>{dateTime(at, Date.now(), language, state.setup?.site.timeZone ?? 'UTC')}</span>
        <span className="muted">{evaluator}</span>
        <span className="chip">
          {agrees === undefined ? say('unanswered') : say(agrees ? 'state.agrees' : 'state.disagrees')}
        </span>
      </summary>
      {comment !== undefined && comment !== '' && <blockquote>{comment}</blockquote>}
      {form !== undefined && <Questions sections={form.sections} answers={evaluation.answers} />}
      {agrees === undefined ? (
        <>
          <textarea
            rows={2}
            maxLength={10_000}
            value={reply}
            aria-label={say('reply')}
            placeholder={say('reply-hint')}
            onChange={(event) => setReply(event.target.value)}
          />
          <Failure of={failed} />
          <div className="account-actions">
            <button type="button" className="primary" onClick={() => void answer(true)}>
              {say('agree')}
            </button>
            <button type="button" className="secondary" onClick={() => void answer(false)}>
              {say('disagree')}
            </button>
          </div>
        </>
      ) : (
        <p className="muted">
          {say(agrees ? 'you-agree' : 'you-disagree')} {evaluation.reply}
        </p>
      )}
    </details>
  );
}
