// Everything that happened to her, on every channel and outside, newest first.
import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime, duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { RestFailed, rest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { dispositionName } from '../state/dispositions.ts';
import type { TimelineEntry } from './types.ts';
import { useCustomerWords } from './words.ts';

const page = 30;

/** @param version another one reads it again: merged, taken apart */
export function CustomerTimeline({ customer, version }: { customer: string; version: number }) {
  const say = useCustomerWords();
  const [entries, setEntries] = useState<TimelineEntry[]>();
  const [next, setNext] = useState<string>();
  const [after, setAfter] = useState<string>();
  const [failed, setFailed] = useState<RestFailed>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` is how it is asked for again
  useEffect(() => setAfter(undefined), [customer, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    const stop = new AbortController();
    const query = { limit: page, after };
    rest<{ entries: TimelineEntry[]; next?: string }>(`/customers/${encodeURIComponent(customer)}/timeline`, {
      query,
      signal: stop.signal,
    })
      .then((answer) => {
        setEntries((known) => (after === undefined ? answer.entries : [...(known ?? []), ...answer.entries]));
        setNext(answer.next);
        setFailed(undefined);
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
      });
    return () => stop.abort();
  }, [customer, after, version]);

  return (
    <>
      <Failure of={failed} />
      {entries?.length === 0 && <p className="muted">{say('timeline.none')}</p>}
      <ol className="timeline">
        {entries?.map((entry) => (
          <li key={entry.id} data-entry={entry.entry}>
            {entry.entry === 'interaction' ? <Contact entry={entry} /> : <Happening entry={entry} />}
          </li>
        ))}
      </ol>
      {next !== undefined && (
        <button type="button" className="secondary small" onClick={() => setAfter(next)}>
          {say('older')}
        </button>
      )}
    </>
  );
}

function When({ at }: { at: number }) {
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  return (
    <time className="figures" dateTime={new Date(at).toISOString()}>
      {dateTime(at, now, language, state.setup?.site.timeZone ?? 'UTC')}
    </time>
  );
}

function Contact({ entry }: { entry: Extract<TimelineEntry, { entry: 'interaction' }> }) {
  const say = useCustomerWords();
  const { t, language, state } = usePanel();
  const { id, at, channel, direction, queue, agent, disposition, note, talkMs } = entry;
  const queues = state.setup?.queues ?? [];
  const card = queues.find((one) => one.id === queue);
  return (
    <>
      <Icon name={channel === 'voice' ? 'phone' : channel === 'work' ? 'check' : 'chat'} size={16} />
      <div>
        <p className="timeline-head">
          <When at={at} />
          <a href={hrefOf('floor', 'contacts', id)}>{t(`channel.${channel}`)}</a>
          <span className="muted">{say(direction === 'in' ? 'in' : 'out')}</span>
          {queue !== undefined && <span>{nameIn(language, card?.name ?? {}, queue)}</span>}
          {agent !== undefined && <span>{agent}</span>}
          {talkMs > 0 && <span>{say('talked', { time: duration(talkMs) })}</span>}
          {disposition !== undefined && (
            <span className="chip">{dispositionName(disposition, { queue, queues, language, t })}</span>
          )}
        </p>
        {note !== undefined && <p className="timeline-note">{note}</p>}
      </div>
    </>
  );
}

function Happening({ entry: { at, name, data } }: { entry: Extract<TimelineEntry, { entry: 'event' }> }) {
  const facts = Object.entries(data ?? {});
  return (
    <>
      <Icon name="bell" size={16} />
      <div>
        <p className="timeline-head">
          <When at={at} />
          <strong>{name}</strong>
        </p>
        {facts.length > 0 && (
          <p className="timeline-note figures">{facts.map(([field, value]) => `${field}: ${value}`).join(' · ')}</p>
        )}
      </div>
    </>
  );
}
