import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useRest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { useLiveEvents } from '../work/live-events.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { type Problem, textOf, toneOf } from './types.ts';
import { type SocialWord, useSocialWords } from './words.ts';

const everyMs = 30_000;
const dayMs = 86_400_000;
/** Asked anew with the same address within that time. */
const roundMs = 60_000;

/** What many ask, rather than who asks: what grows most first, and one answer for all of them. */
export function Problems() {
  const say = useSocialWords();
  const [order, setOrder] = useState<'growing' | 'frequent'>('growing');
  const [days, setDays] = useState(7);
  const since = Math.floor((Date.now() - days * dayMs) / roundMs) * roundMs;
  const { data, failed, reload } = useRest<{ problems: Problem[] }>('/social/problems', { order, since }, everyMs);
  useLiveEvents('social.item-judged,message.submitted,message.reviewed', reload);
  return (
    <>
      <search className="social-filters">
        <fieldset className="switch" aria-label={say('problems.order')}>
          {(['growing', 'frequent'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={order === one} onClick={() => setOrder(one)}>
              {say(`problems.${one}`)}
            </button>
          ))}
        </fieldset>
        <fieldset className="switch" aria-label={say('problems.days')}>
          {([7, 14, 30] as const).map((one) => (
            <button key={one} type="button" aria-pressed={days === one} onClick={() => setDays(one)}>
              {say(`days.${one}`)}
            </button>
          ))}
        </fieldset>
      </search>
      <Failure of={failed} onRetry={reload} />
      {data?.problems.length === 0 && <section className="card nothing">{say('problems.none')}</section>}
      <ol className="problems">
        {data?.problems.map((problem) => (
          <li key={problem.cluster}>
            <ProblemCard problem={problem} since={since} onChanged={reload} />
          </li>
        ))}
      </ol>
    </>
  );
}

function ProblemCard({ problem, since, onChanged }: { problem: Problem; since: number; onChanged: () => void }) {
  const { language, change } = usePanel();
  const say = useSocialWords();
  const [answering, setAnswering] = useState(false);
  const { cluster, items, open, newer, older, reach, trend, examples, tone: score } = problem;
  const count = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB');
  const grown = newer - older;
  const tone = toneOf(score);
  const [first, ...others] = examples;
  const question = first === undefined ? '' : textOf(first.content);
  return (
    <section className="card problem" aria-label={question}>
      <div className="problem-head">
        <h2>{question || say('erased')}</h2>
        <Trend values={trend} label={say('problem.trend', { values: trend.join(', ') })} />
      </div>
      <p className="problem-facts">
        <strong className="figures">{say('problem.items', { count: items })}</strong>
        <span className="growth figures" data-grown={Math.sign(grown)}>
          {grown > 0 ? '▲ ' : grown < 0 ? '▼ ' : ''}
          {say(grown > 0 ? 'problem.grew' : grown < 0 ? 'problem.fell' : 'problem.same', { count: Math.abs(grown) })}
        </span>
        <span className="muted figures">{say('reach', { count: count.format(reach) })}</span>
        <span className="tone" data-tone={tone}>
          {say(`tone.${tone}` as SocialWord)}
        </span>
      </p>
      {others.length > 0 && (
        <>
          <h3>{say('problem.examples')}</h3>
          <ul className="examples">
            {others.map((one) => (
              <li key={one.id}>
                <span>{textOf(one.content)}</span>{' '}
                <span className="muted figures">
                  {one.author ?? say('somebody')} · {say('reach', { count: count.format(one.reach) })}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <footer>
        <span className="social-state figures" data-state={open > 0 ? 'open' : 'answered'}>
          {say('problem.open', { count: open })}
        </span>
        <div className="space" />
        <a className="button small secondary" href={hrefOf('work', 'social', 'stream', cluster)}>
          {say('problem.show')}
        </a>
        {open > 0 && (
          <button type="button" className="primary small" onClick={() => setAnswering(true)}>
            {say('problem.answer', { count: open })}
          </button>
        )}
      </footer>
      {answering && (
        <AnswerDialog
          title={say('problem.answer.title', { count: open })}
          question={question}
          hint={say('problem.answer.hint')}
          all
          path={`/social/problems/${encodeURIComponent(cluster)}/answer`}
          more={{ since }}
          onClose={() => setAnswering(false)}
          onDone={({ submitted, skipped }: { submitted: number; skipped: { reason: string }[] }) => {
            const done = say('problem.answered', { count: submitted });
            change({ on: 'notice', notice: { kind: 'good', about: 'said', text: done } });
            const [reason] = skipped;
            if (reason !== undefined) {
              const left = say('problem.skipped', { count: skipped.length, reason: reason.reason });
              change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: left } });
            }
            onChanged();
          }}
        />
      )}
    </section>
  );
}

/** Bars of one height each; what they say stands in the label. */
function Trend({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(1, ...values);
  const wide = 120 / values.length;
  return (
    <svg className="trend" viewBox="0 0 120 32" role="img" aria-label={label}>
      <title>{label}</title>
      {values.map((value, at) => {
        const height = value === 0 ? 1 : Math.max(3, (value / most) * 30);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of time in their order
            key={at}
            x={at * wide + 0.75}
            y={32 - height}
            width={wide - 1.5}
            height={height}
            rx="1"
            data-empty={value === 0}
          />
        );
      })}
    </svg>
  );
}
