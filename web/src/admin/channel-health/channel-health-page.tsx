// How digital channels stand: connectors, what waits and what failed; and what an administrator does about it.
import '../../work-items/work-items.css';
import './channel-health.css';
import { useState } from 'react';
import { nameIn } from '../../i18n/translate.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { rest, useRest } from '../../rest.ts';
import { hrefOf } from '../../route.ts';
import { span } from '../../work/span.ts';
import { useMinute } from '../../work/use-minute.ts';
import { FailedMessages } from './failed-messages.tsx';
import type { ChannelHealth } from './types.ts';
import { type ChannelWord, isChannelWord, useChannelWords } from './words.ts';

const everyMs = 5_000;

export default function ChannelHealthPage() {
  const say = useChannelWords();
  const { data, failed, reload } = useRest<{ channels: ChannelHealth[] }>('/channel-health', undefined, everyMs);
  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <span className="muted figures">{data?.channels.length}</span>
      </header>
      <Failure of={failed} onRetry={reload} />
      {data?.channels.length === 0 && <p className="card nothing">{say('none')}</p>}
      <div className="channels">
        {data?.channels.map((one) => (
          <ChannelCard key={one.channel} of={one} onChanged={reload} />
        ))}
      </div>
    </>
  );
}

function ChannelCard({ of, onChanged }: { of: ChannelHealth; onChanged: () => void }) {
  const { language, state, change } = usePanel();
  const say = useChannelWords();
  const now = useMinute() + state.clockOffset;
  const [open, setOpen] = useState(false);
  const { channel, kind, report } = of;
  const name = nameIn(language, of.name, channel);
  const ago = (time: number | undefined) =>
    time === undefined
      ? say('never')
      : now - time < 60_000
        ? say('now')
        : say('ago', { time: span(now - time, language) });
  const send = async (more: string, body: unknown, done?: string) => {
    try {
      const path = `/channel-health/${encodeURIComponent(channel)}/${more}`;
      await rest(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
      if (done !== undefined) change({ on: 'notice', notice: { kind: 'good', about: 'said', text: done } });
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as Error).message } });
    }
    onChanged();
  };
  const aside = (report?.setAside ?? 0) + (report?.refused ?? 0);
  const what =
    of.state === 'away' || of.state === 'off'
      ? say(`what.${of.state}`)
      : of.state === 'trouble' && of.trouble.length === 0
        ? say('what.silent')
        : undefined;
  return (
    <section className="card channel" aria-label={name} data-state={of.state}>
      <header>
        <h2>
          <a href={hrefOf('admin', 'channels', channel)}>{name}</a>
        </h2>
        <span className="chip">{kind}</span>
        <span className="channel-state" data-state={of.state} role="status">
          {say(`state.${of.state}`)}
        </span>
        <div className="space" />
        <label className="check">
          <input
            type="checkbox"
            checked={of.state !== 'off'}
            onChange={(event) => void send('switch', { on: event.target.checked })}
          />
          {say('switch')}
        </label>
      </header>
      {what !== undefined && <p className="muted">{what}</p>}
      {of.trouble.map((sentence) => (
        <p key={sentence} className="failure">
          {sentence}
        </p>
      ))}
      <dl className="channel-figures">
        <Figure name={say('last-in')} value={ago(of.lastIn)} />
        <Figure name={say('last-out')} value={ago(of.lastOut)} />
        <Figure name={say('open')} value={of.open} />
        <Figure
          name={say('waiting')}
          value={of.waiting}
          hint={of.waitingSince === undefined ? undefined : say('waiting.since', { time: ago(of.waitingSince) })}
        />
        <Figure name={say('failed')} value={of.failed} hint={say('failed.hint')} bad={of.failed > 0}>
          {of.failed > 0 && (
            <button type="button" className="secondary small" aria-expanded={open} onClick={() => setOpen(!open)}>
              {say(open ? 'failed.hide' : 'failed.show')}
            </button>
          )}
        </Figure>
        {report !== undefined && (
          <Figure name={say('set-aside')} value={aside} hint={say('set-aside.hint')} bad={aside > 0}>
            {aside > 0 && (
              <button
                type="button"
                className="secondary small"
                disabled={of.retrying}
                onClick={() => void send('retry', undefined, say('retry.asked'))}
              >
                {say('retry.all')}
              </button>
            )}
          </Figure>
        )}
      </dl>
      {open && <FailedMessages channel={channel} onChanged={onChanged} />}
      {of.state !== 'own' && of.state !== 'off' && (
        <details>
          <summary>{say('policy.title')}</summary>
          <Policy of={report?.policy} />
        </details>
      )}
    </section>
  );
}

function Figure({
  name,
  value,
  hint,
  bad = false,
  children,
}: {
  name: string;
  value: string | number;
  hint?: string | undefined;
  bad?: boolean;
  children?: React.ReactNode;
}) {
  return (
    <div data-bad={bad}>
      <dt>{name}</dt>
      <dd>
        <strong className="figures">{value}</strong>
        {hint !== undefined && <span className="muted">{hint}</span>}
        {children}
      </dd>
    </div>
  );
}

/** The provider's rules in words. */
function Policy({ of }: { of: NonNullable<ChannelHealth['report']>['policy'] }) {
  const { language } = usePanel();
  const say = useChannelWords();
  if (of === undefined) return <p className="muted">{say('policy.unknown')}</p>;
  const occasion = (name: string) => {
    const key = `occasion.${name}`;
    return isChannelWord(key) ? say(key) : name;
  };
  const windows = Object.entries(of.windows);
  return (
    <ul className="policy">
      {of.always === true && <li>{say('policy.always')}</li>}
      {windows.map(([name, { forMs, most }]) => (
        <li key={name}>
          {say('policy.window', {
            occasion: occasion(name),
            time: span(forMs, language),
            most: most === undefined ? say('policy.any') : say('policy.most', { count: most }),
          })}
        </li>
      ))}
      {of.free !== undefined && of.free.length > 0 && <li>{say('policy.free', { kinds: of.free.join(', ') })}</li>}
      {of.text !== undefined && (
        <li>{say('policy.text', { count: of.text.most, unit: say(`unit.${of.text.unit}` as ChannelWord) })}</li>
      )}
    </ul>
  );
}
