// Moments: which rules there are, what they do in plain words, what came of them; one of them with its text beside.
import '../editor/editor.css';
import './moments.css';
import { useState } from 'react';
import { inLanguage } from '../editor/in-language.ts';
import { usePanel, usePreferences } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest, useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import { lastDays } from './days.ts';
import { Effect, sum } from './effect.tsx';
import { Lately } from './lately.tsx';
import { MomentEditor } from './moment-editor.tsx';
import { RuleWords } from './rule-words.tsx';
import type { DayRow, EffectRow, MomentSummary } from './types.ts';
import { useMomentWords } from './words.ts';

const spans = [7, 30] as const;

export default function MomentsPage({ rest: [open] }: { rest: string[] }) {
  const say = useMomentWords();
  const { state } = usePanel();
  const { data, failed, reload } = useRest<{ moments: MomentSummary[] }>('/moments');
  const [count, setCount] = useState<number>(7);
  const days = lastDays(Date.now() + state.clockOffset, count, state.setup?.site.timeZone ?? 'UTC');
  const query = { from: days[0], until: days.at(-1) };
  const { data: effects } = useRest<{ rows: EffectRow[] }>('/reports/moments', query, 30_000);
  const { data: byDay } = useRest<{ rows: DayRow[] }>('/reports/moments/days', query, 30_000);
  const one = data?.moments.find(({ moment }) => moment === open);
  const create = () => {
    const name = window.prompt(say('new-name'))?.trim();
    if (name !== undefined && name !== '') goTo('floor', 'moments', name);
  };
  const rowsOf = (moment: string) => effects?.rows.filter((row) => row.moment === moment) ?? [];
  return (
    <>
      <header className="page-head">
        {open !== undefined && (
          <a className="button secondary small" href={hrefOf('floor', 'moments')}>
            ← {say('all-moments')}
          </a>
        )}
        <h1>{open ?? say('title')}</h1>
        {open === undefined && <span className="muted figures">{data?.moments.length}</span>}
        <div className="space" />
        <div className="views" role="radiogroup" aria-label={say('span')}>
          {spans.map((one) => (
            // biome-ignore lint/a11y/useSemanticElements: drawn as the other choices of the panels are
            <button key={one} type="button" role="radio" aria-checked={one === count} onClick={() => setCount(one)}>
              {say('days', { days: one })}
            </button>
          ))}
        </div>
        {open === undefined && (
          <button type="button" className="primary" onClick={create}>
            {say('new')}
          </button>
        )}
      </header>
      <Failure of={failed} onRetry={reload} />
      {open === undefined ? (
        <>
          <section className="card" aria-label={say('effect', { days: count })}>
            <Effect rows={effects?.rows ?? []} byDay={byDay?.rows ?? []} days={days} />
          </section>
          {data?.moments.length === 0 && <p className="muted">{say('none')}</p>}
          <ul className="moment-list" aria-label={say('rules')}>
            {data?.moments.map((summary) => (
              <MomentCard key={summary.moment} summary={summary} row={rowsOf(summary.moment)[0]} onTurned={reload} />
            ))}
          </ul>
          <section className="card" aria-label={say('pane.lately')}>
            <h2>{say('pane.lately')}</h2>
            <Lately />
          </section>
        </>
      ) : (
        data !== undefined && (
          <MomentEditor
            key={open}
            moment={open}
            summary={one}
            effect={
              <Effect
                rows={rowsOf(open)}
                byDay={byDay?.rows.filter((row) => row.moment === open) ?? []}
                days={days}
                size="half"
              />
            }
            onSaved={reload}
          />
        )
      )}
    </>
  );
}

function MomentCard({
  summary: { moment, state: is, rule, draft, findings },
  row,
  onTurned,
}: {
  summary: MomentSummary;
  row: EffectRow | undefined;
  onTurned: () => void;
}) {
  const say = useMomentWords();
  const [failed, setFailed] = useState<RestFailed>();
  const { language } = usePreferences();
  const isOn = is === 'current' || is === 'kept';
  const first = findings.find(({ severity }) => severity === 'error');
  const wrong = first && inLanguage(first, language);
  return (
    <li className="card moment-card" data-state={is}>
      <header className="card-head">
        <h2>
          <a href={hrefOf('floor', 'moments', moment)}>{moment}</a>
        </h2>
        {rule !== undefined && (
          <>
            <span className="chip">{say(`class.${rule.class}`)}</span>
            <span className="chip">{say('rank', { rank: rule.rank })}</span>
          </>
        )}
        {draft !== undefined && <span className="chip strong">{say('drafted', { by: draft.by })}</span>}
        <span className="space" />
        <Turn moment={moment} state={is} isOn={isOn} onTurned={onTurned} onFailed={setFailed} />
      </header>
      <Failure of={failed} />
      {wrong !== undefined && <p className="bad">{wrong.sentence}</p>}
      {rule !== undefined && <RuleWords rule={rule} />}
      {row !== undefined && (
        <p className="moment-counts figures">
          <span data-tone="accent">
            {say('fired')} <b>{row.fired}</b>
          </span>
          <span data-tone="wait">
            {say('held')} <b>{sum(row.restrained) + sum(row.held)}</b>
          </span>
          <span data-tone="good">
            {say('reached')} <b>{row.reached}</b>
          </span>
          <span data-tone="after">
            {say('answered')} <b>{row.answered}</b>
          </span>
        </p>
      )}
    </li>
  );
}

/** On or off: a switch for administrators, a word for others. */
function Turn({
  moment,
  state: is,
  isOn,
  onTurned,
  onFailed,
}: {
  moment: string;
  state: MomentSummary['state'];
  isOn: boolean;
  onTurned: () => void;
  onFailed: (failed: RestFailed | undefined) => void;
}) {
  const say = useMomentWords();
  const { state } = usePanel();
  const [busy, setBusy] = useState(false);
  const mayTurn = state.setup?.me.roles.includes('admin') === true && (is === 'current' || is === 'disabled');
  const word = (
    <span className="moment-state" data-state={is}>
      {say(`state.${is}`)}
    </span>
  );
  if (!mayTurn) return word;
  const turn = async () => {
    setBusy(true);
    onFailed(undefined);
    try {
      await rest(`/moments/${encodeURIComponent(moment)}/turn`, { method: 'POST', body: { on: !isOn } });
      onTurned();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      onFailed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className="moment-turn">
      {word}
      <button
        type="button"
        className="switch"
        role="switch"
        aria-checked={isOn}
        aria-label={say(isOn ? 'turn-off' : 'turn-on', { moment })}
        // Disabled it would lose the focus of whoever pressed it.
        aria-disabled={busy}
        onClick={() => {
          if (!busy) void turn();
        }}
      >
        <span />
      </button>
    </span>
  );
}
