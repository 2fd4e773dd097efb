// Evaluations of the floor: who scored whom, how an agent's scores go, and calibrations of those who score.
import { useState } from 'react';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import type { Evaluation, EvaluationForm } from '../quality/types.ts';
import { useQualityWords } from '../quality/words.ts';
import { useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import { Calibrations } from './calibrations.tsx';
import { type Bar, BarChart } from './chart.tsx';
import type { Evaluators } from './evaluator-choice.tsx';
import { useAgents } from './use-agents.ts';

const views = ['evaluations', 'calibrations'] as const;
const periods = ['30', '90', '0'] as const;
/** Scores in the chart of one agent. */
const mostShown = 30;

export function QualityPage({ title, rest: [view, open] }: { title: string; rest: string[] }) {
  const say = useQualityWords();
  const shown = views.find((one) => one === view) ?? 'evaluations';
  return (
    <>
      <header className="page-head">
        <h1>{title}</h1>
        <nav className="views" aria-label={title}>
          {views.map((one) => (
            <a key={one} href={hrefOf('floor', 'quality', one)} aria-current={one === shown ? 'page' : undefined}>
              {say(one)}
            </a>
          ))}
        </nav>
      </header>
      {shown === 'evaluations' ? <Evaluations /> : <Calibrations open={open} onOpen={openCalibration} />}
    </>
  );
}

function openCalibration(id: string | undefined): void {
  goTo('floor', 'quality', 'calibrations', ...(id === undefined ? [] : [id]));
}

function Evaluations() {
  const { language, state } = usePanel();
  const say = useQualityWords();
  const [agent, setAgent] = useState('');
  const [evaluator, setEvaluator] = useState('');
  const [form, setForm] = useState('');
  const [days, setDays] = useState<(typeof periods)[number]>('30');
  const forms = useRest<{ forms: EvaluationForm[] }>('/quality/forms');
  const people = useRest<Evaluators>('/quality/evaluators');
  const { data, failed, reload } = useRest<{ evaluations: Evaluation[] }>('/quality/evaluations', {
    agent: agent || undefined,
    evaluator: evaluator || undefined,
    form: form || undefined,
    since: since(Number(days)),
    limit: 500,
  });
  const found = data?.evaluations ?? [];
  const { list: agents, nameOf } = useAgents();
  const formName = (id: string) => nameIn(language, forms.data?.forms.find((one) => one.id === id)?.name ?? {}, id);
  const at = (time: number) => dateTime(time, Date.now(), language, state.setup?.site.timeZone ?? 'UTC');
  const final = found.filter(({ state: is }) => is !== 'draft');
  const bars: Bar[] = final
    .slice(0, mostShown)
    .reverse()
    .map((one) => ({
      label: `${at(one.at)}`,
      parts: [{ name: say('score'), value: Math.round(one.score.total) }],
    }));
  const mean = final.reduce((sum, one) => sum + one.score.total, 0) / Math.max(1, final.length);
  return (
    <>
      <search className="filters" aria-label={say('filters')}>
        <label>
          {say('agent')}
          <select value={agent} onChange={(event) => setAgent(event.target.value)}>
            <option value="">{say('all')}</option>
            {agents.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('evaluator')}
          <select value={evaluator} onChange={(event) => setEvaluator(event.target.value)}>
            <option value="">{say('all')}</option>
            {people.data?.evaluators.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('form')}
          <select value={form} onChange={(event) => setForm(event.target.value)}>
            <option value="">{say('all')}</option>
            {forms.data?.forms.map(({ id }) => (
              <option key={id} value={id}>
                {formName(id)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('days')}
          <select value={days} onChange={(event) => setDays(event.target.value as typeof days)}>
            {periods.map((one) => (
              <option key={one} value={one}>
                {say(`days.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </search>
      <Failure of={failed ?? forms.failed} onRetry={reload} />
      {agent !== '' && bars.length > 0 && (
        <section className="card" aria-label={say('trend', { agent: nameOf(agent) })}>
          <h2>{say('trend', { agent: nameOf(agent) })}</h2>
          <p className="muted">{say('mean', { score: mean.toFixed(1), number: final.length })}</p>
          <BarChart bars={bars} label={say('trend', { agent: nameOf(agent) })} />
        </section>
      )}
      <section className="card scroll" aria-label={say('evaluations')}>
        <table>
          <thead>
            <tr>
              {(['when', 'agent', 'form', 'evaluator'] as const).map((one) => (
                <th key={one} scope="col">
                  {say(one)}
                </th>
              ))}
              <th scope="col" className="number">
                {say('score')}
              </th>
              <th scope="col">{say('state')}</th>
              <th scope="col">{say('reply')}</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.id}>
                <th scope="row" className="figures">
                  <a href={hrefOf('floor', 'contacts', one.interaction)}>{at(one.at)}</a>
                </th>
                <td>{nameOf(one.agent)}</td>
                <td>{formName(one.form)}</td>
                <td>{nameOf(one.evaluator)}</td>
                <td className="number">{Math.round(one.score.total)}</td>
                <td>
                  {one.state === 'answered' && one.agrees !== undefined
                    ? say(one.agrees ? 'state.agrees' : 'state.disagrees')
                    : say(`state.${one.state}`)}
                </td>
                <td>{one.reply ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {data !== undefined && found.length === 0 && <p className="muted">{say('none')}</p>}
      </section>
    </>
  );
}

/** To the day, so that the same question is not asked anew at every look. 0: ever. */
function since(days: number): number | undefined {
  const day = 86_400_000;
  return days === 0 ? undefined : (Math.floor(Date.now() / day) - days) * day;
}
