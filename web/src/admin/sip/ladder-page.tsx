import { useEffect, useMemo, useState } from 'react';
import type { SipLadder } from '../../../../server/sip-trace/index.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { addressOf, useRest } from '../../rest.ts';
import { hrefOf } from '../../route.ts';
import { Ladder } from './ladder.tsx';
import { columnsOf, linesOf, rungsOf } from './ladder-model.ts';
import { useSipWords } from './words.ts';

const everyMs = 2_000;

/** One call: its ladder, and the message that is chosen. */
export function LadderPage({ id }: { id: string }) {
  const { language, state } = usePanel();
  const say = useSipWords();
  const path = `/interactions/${encodeURIComponent(id)}/sip`;
  const live = useRest<{ calls: { interaction: string }[] }>('/live/calls', {}, everyMs);
  const running = live.data?.calls.some(({ interaction }) => interaction === id);
  const { data, failed, reload } = useRest<SipLadder>(path, {}, running ? everyMs : undefined);
  const [chosen, setChosen] = useState(0);
  // The last messages pass while the call leaves the list.
  useEffect(() => {
    if (running === false) reload();
  }, [running, reload]);
  const columns = useMemo(() => (data === undefined ? [] : columnsOf(data)), [data]);
  const rungs = useMemo(() => rungsOf(columns, data?.messages ?? []), [columns, data]);
  const rung = rungs[chosen];
  const clock = useMemo(
    () =>
      new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
        timeZone: state.setup?.site.timeZone ?? 'UTC',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        fractionalSecondDigits: 3,
        hourCycle: 'h23',
      }),
    [language, state.setup?.site.timeZone],
  );

  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <code className="call-name">{id}</code>
        {running !== undefined && (
          <span className={running ? 'chip strong' : 'chip'}>{say(running ? 'running' : 'over')}</span>
        )}
        <div className="space" />
        <a className="button secondary" href={hrefOf('admin', 'sip')}>
          {say('back')}
        </a>
        {rungs.length > 0 && (
          <a className="button secondary" href={addressOf(`${path}.pcap`)} download={`${id}.pcap`}>
            {say('download')}
          </a>
        )}
      </header>
      <Failure of={failed} onRetry={reload} />
      {data?.truncated && <p className="muted">{say('truncated')}</p>}
      {data !== undefined && rungs.length === 0 && (
        <section className="card" aria-label={say('ladder')}>
          <p>{say('nothing')}</p>
          {data.since !== undefined && <p className="muted">{say('since', { time: clock.format(data.since) })}</p>}
        </section>
      )}
      {rungs.length > 0 && (
        <div className="sip-call">
          <Ladder columns={columns} rungs={rungs} chosen={chosen} clock={clock} onChoose={setChosen} />
          <section className="card sip-message" aria-label={say('message')} aria-live="polite">
            {rung === undefined ? (
              <p className="muted">{say('choose-one')}</p>
            ) : (
              <>
                <p className="sip-way figures">
                  <time>{clock.format(rung.message.at)}</time>
                  <span>
                    {rung.message.from} → {rung.message.to}
                  </span>
                  <span className="chip">{rung.message.transport.toUpperCase()}</span>
                  {rung.message.retransmission && <span className="chip">{say('again')}</span>}
                </p>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
                <pre tabIndex={0}>
                  {linesOf(rung.message.text).map((line, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a message never change places
                    <span key={at} className="sip-line" data-kind={line.kind}>
                      {line.name !== '' && <b>{line.name}</b>}
                      {line.rest}
                      {'\n'}
                    </span>
                  ))}
                </pre>
              </>
            )}
          </section>
        </div>
      )}
    </>
  );
}
