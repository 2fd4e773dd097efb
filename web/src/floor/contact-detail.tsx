import type { InteractionRecord } from '../../../server/customers/index.ts';
import { duration, phone } from '../format.ts';
import { callWord } from '../i18n/call-words.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useRest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { dispositionName } from '../state/dispositions.ts';
import { Evaluate } from './evaluate.tsx';
import { Player } from './player.tsx';
import { type FloorWord, useFloorWords } from './words.ts';

interface Decision {
  at: number;
  sentence: string;
}

/** All that is known of one contact, in the order in which it happened. */
export function ContactDetail({
  id,
  agentName,
  onClose,
}: {
  id: string;
  agentName: (id: string) => string;
  onClose: () => void;
}) {
  const { language, state, t } = usePanel();
  const say = useFloorWords();
  const path = `/interactions/${encodeURIComponent(id)}`;
  const { data: record, failed, reload } = useRest<InteractionRecord>(path);
  const { data: why } = useRest<{ decisions: Decision[] }>(`${path}/decisions`);
  const queues = state.floor?.queues ?? state.setup?.queues ?? [];
  const queueName = (queue: string) => nameIn(language, queues.find((one) => one.id === queue)?.name ?? {}, queue);
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const clock = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'full' });
  if (record === undefined) return <Failure of={failed} onRetry={reload} />;

  const steps = stepsOf(record, say, { queueName, agentName }, (outcome) => {
    const key = `outcome.${outcome}`;
    return isKey(key) ? t(key) : outcome;
  });
  return (
    <section className="card detail" aria-label={say('detail')}>
      <header className="card-head">
        <h2>{record.fromName ?? (record.from === undefined ? say('withheld') : phone(record.from))}</h2>
        <span className="outcome" data-outcome={record.outcome}>
          {say(`outcome.${record.outcome}` as FloorWord)}
        </span>
        <div className="space" />
        {record.channel === 'voice' && state.setup?.me.roles.includes('admin') && (
          <a className="button secondary small" href={hrefOf('admin', 'sip', record.id)}>
            SIP
          </a>
        )}
        <button type="button" className="ghost round" aria-label={say('close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p className="muted">{day.format(record.startedAt)}</p>
      <dl className="facts">
        <Fact name={say('column.wait')} value={duration(record.waitMs)} />
        <Fact name={say('column.talk')} value={duration(record.talkMs)} />
        <Fact name={say('hold')} value={duration(record.holdMs)} />
        <Fact name={say('wrap-up')} value={duration(record.wrapUpMs)} />
        {record.disposition !== undefined && (
          <Fact
            name={say('column.disposition')}
            value={dispositionName(record.disposition, { queue: record.queue, queues, language, t })}
          />
        )}
        {record.endedBy !== undefined && (
          <Fact name={say('ended-by')} value={callWord(say, 'ended-by', record.endedBy)} />
        )}
      </dl>
      {record.note !== undefined && <blockquote>{record.note}</blockquote>}
      {record.recordings.map((recording) => (
        <Player key={recording.id} recording={recording} marks={steps} />
      ))}
      <h3>{say('course')}</h3>
      <ol className="course">
        {steps.map((step) => (
          <li key={`${step.at} ${step.text}`} data-kind={step.kind}>
            <time className="figures">{clock.format(step.at)}</time>
            <span>{step.text}</span>
            {step.value !== undefined && <kbd className="figures">{step.value}</kbd>}
          </li>
        ))}
      </ol>
      {why !== undefined && why.decisions.length > 0 && (
        <details>
          <summary>{say('why')}</summary>
          <ol className="course">
            {why.decisions.map((one) => (
              <li key={`${one.at} ${one.sentence}`}>
                <time className="figures">{clock.format(one.at)}</time>
                <span>{one.sentence}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
      <Evaluate record={record} />
      {record.quality.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{say('quality')}</th>
              <th scope="col">{say('codec')}</th>
              <th scope="col" className="number">
                MOS
              </th>
              <th scope="col" className="number">
                {say('loss')}
              </th>
              <th scope="col" className="number">
                {say('jitter')}
              </th>
            </tr>
          </thead>
          <tbody>
            {record.quality.map((leg) => (
              <tr key={leg.leg}>
                <th scope="row">
                  {say(leg.party === 'agent' || leg.party === 'customer' ? leg.party : 'party.other')}
                </th>
                <td>{leg.codec}</td>
                <td className="number" data-low={leg.mos < 3.6}>
                  {leg.mos.toFixed(2)}
                </td>
                <td className="number">{((100 * leg.lost) / Math.max(1, leg.lost + leg.received)).toFixed(2)} %</td>
                <td className="number">{leg.jitterMs.toFixed(1)} ms</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export interface Step {
  at: number;
  kind: 'flow' | 'queue' | 'agent' | 'transfer' | 'end';
  text: string;
  value?: string | undefined;
}

function stepsOf(
  record: InteractionRecord,
  say: ReturnType<typeof useFloorWords>,
  { queueName, agentName }: Record<'queueName' | 'agentName', (id: string) => string>,
  outcomeName: (outcome: string) => string,
): Step[] {
  const steps: Step[] = [
    { at: record.startedAt, kind: 'flow', text: say('step.started', { to: record.did ?? record.to ?? '' }) },
  ];
  for (const { at, node, label, value, type } of record.path) {
    if (type !== 'menu' && type !== 'collect') continue;
    steps.push({ at, kind: 'flow', text: label === undefined ? node : `${node} · ${label}`, value });
  }
  if (record.queuedAt !== undefined && record.queue !== undefined) {
    steps.push({ at: record.queuedAt, kind: 'queue', text: say('step.queued', { queue: queueName(record.queue) }) });
  }
  for (const { agent: id, offeredAt, outcome, answeredAt, endedAt } of record.agents) {
    const agent = agentName(id);
    if (offeredAt !== undefined) {
      const text = say('step.offered', { agent });
      steps.push({
        at: offeredAt,
        kind: 'agent',
        text: outcome === undefined || outcome === 'accepted' ? text : `${text} · ${outcomeName(outcome)}`,
      });
    }
    if (answeredAt !== undefined) steps.push({ at: answeredAt, kind: 'agent', text: say('step.answered', { agent }) });
    if (endedAt !== undefined) steps.push({ at: endedAt, kind: 'agent', text: say('step.left', { agent }) });
  }
  for (const { at, kind, to = '', by = '' } of record.transfers) {
    const target = kind === 'queue' ? queueName(to) : kind === 'agent' ? agentName(to) : to;
    steps.push({ at, kind: 'transfer', text: say('step.transferred', { to: target, by: agentName(by) }) });
  }
  if (record.endedAt !== undefined) {
    steps.push({
      at: record.endedAt,
      kind: 'end',
      text: say('step.ended', { where: callWord(say, 'where', record.endedWhere ?? '') }),
    });
  }
  return steps.sort((a, b) => a.at - b.at);
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figures">{value}</dd>
    </div>
  );
}
