// How the server is: whether it takes calls, what it does, and what is wrong.
import '../system.css';
import './health.css';
import { type ReactNode, useState } from 'react';
import { useNow } from '../../clock.ts';
import { duration } from '../../format.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { RestFailed, rest, useRest } from '../../rest.ts';
import { type Samples, sumOf } from './read-metrics.ts';
import { useHealth } from './use-health.ts';
import { useHealthWords } from './words.ts';

interface Host {
  name: string;
  state: 'up' | 'away';
  draining: boolean;
  weight: number;
  endpoints: number;
}

interface Trunk {
  name: string;
  maxCalls?: number;
}

const everyMs = 5_000;
const megabyte = 1024 * 1024;

export default function HealthPage() {
  const { t, language } = usePanel();
  const say = useHealthWords();
  const now = useNow();
  const { health, lost } = useHealth(everyMs);
  const live = useRest<{ calls: { trunk?: string }[] }>('/live/calls', {}, everyMs);
  const trunks = useRest<{ trunks: Trunk[] }>('/trunks');
  const hosts = useRest<{ hosts: Host[] }>('/media-hosts', {}, everyMs);
  if (health === undefined) return lost ? <Lost /> : <p className="starting">{t('app.loading')}</p>;

  const { ready, reasons, samples, cpu } = health;
  const figure = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 });
  const number = (name: string, labels?: Record<string, string>) => figure.format(sumOf(samples, name, labels));
  const started = sumOf(samples, 'process_start_time_seconds') * 1_000;
  const late = sumOf(samples, 'switchroom_event_loop_delay_seconds', { quantile: '0.99' }) * 1_000;
  const [info] = samples.get('switchroom_info') ?? [];
  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <span className="health-state" data-ready={ready} role="status">
          <Icon name={ready ? 'check' : 'close'} size={18} />
          {say(ready ? 'ready' : 'not-ready')}
        </span>
      </header>
      {lost && <Lost />}
      {reasons.map((reason) => (
        <p key={reason} className="failure" role="alert">
          {reason}
        </p>
      ))}
      <Failure of={live.failed ?? trunks.failed ?? hosts.failed} onRetry={trunks.reload} />
      <div className="health">
        <Tiles title={say('server')}>
          <Tile name={say('version')} value={info?.labels.version ?? '–'} />
          <Tile name={say('uptime')} value={duration(now - started)} />
          <Tile
            name={say('memory')}
            value={`${Math.round(sumOf(samples, 'process_resident_memory_bytes') / megabyte)} MB`}
          />
          <Tile
            name={say('cpu')}
            value={cpu === undefined ? '–' : `${figure.format(100 * cpu)} %`}
            hint={say('cpu-hint')}
            bad={(cpu ?? 0) > 0.8}
          />
          <Tile name={say('delay')} value={`${figure.format(late)} ms`} hint={say('delay-hint')} bad={late > 100} />
        </Tiles>
        <Tiles title={say('calls')}>
          <Tile name={say('live')} value={number('switchroom_calls')} />
          <Tile name={say('dialogs')} value={number('switchroom_sip_dialogs')} />
          <Tile name={say('pending')} value={number('switchroom_sip_pending_requests')} />
          <Tile name={say('phones')} value={number('switchroom_sip_registered_phones')} />
          <Tile name={say('panels')} value={number('switchroom_desk_panels')} />
        </Tiles>
        <Tiles title={say('journal')} foot={<Chain />}>
          <Tile name={say('events')} value={number('switchroom_journal_events_total')} />
          <Tile name={say('waiting')} value={number('switchroom_journal_waiting_events')} />
          <Tile name={say('slowest')} value={`${number('switchroom_journal_slowest_commit_ms')} ms`} />
          <BadTile name={say('refused')} value={sumOf(samples, 'switchroom_journal_refused_commits_total')} />
          <BadTile name={say('lost')} value={sumOf(samples, 'switchroom_journal_lost_events_total')} />
        </Tiles>
        <Troubles samples={samples} />
        <section className="card scroll" aria-label={say('trunks')}>
          <h2>{say('trunks')}</h2>
          {trunks.data?.trunks.length === 0 && <p className="muted">{say('no-trunks')}</p>}
          {trunks.data !== undefined && trunks.data.trunks.length > 0 && (
            <table>
              <thead>
                <tr>
                  <th scope="col">{say('trunk')}</th>
                  <th scope="col" className="number">
                    {say('in-use')}
                  </th>
                  <th scope="col" className="number">
                    {say('most')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {trunks.data.trunks.map(({ name, maxCalls }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td className="number">{live.data?.calls.filter(({ trunk }) => trunk === name).length ?? '–'}</td>
                    <td className="number">{maxCalls ?? say('unlimited')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <section className="card scroll" aria-label={say('hosts')}>
          <h2>{say('hosts')}</h2>
          {hosts.data?.hosts.length === 0 && <p className="muted">{say('edge-media')}</p>}
          {hosts.data !== undefined && hosts.data.hosts.length > 0 && (
            <table>
              <thead>
                <tr>
                  <th scope="col">{say('host')}</th>
                  <th scope="col">{say('state')}</th>
                  <th scope="col" className="number">
                    {say('streams')}
                  </th>
                  <th scope="col" className="number">
                    {say('weight')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {hosts.data.hosts.map((host) => (
                  <tr key={host.name}>
                    <th scope="row">{host.name}</th>
                    <td>
                      <span className="health-state" data-ready={host.state === 'up'}>
                        {say(host.state)}
                      </span>
                      {host.draining && <span className="chip">{say('draining')}</span>}
                    </td>
                    <td className="number">{host.endpoints}</td>
                    <td className="number">{host.weight}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </>
  );
}

function Lost() {
  const { t } = usePanel();
  return (
    <p className="failure" role="alert">
      {t('failed.unreachable')}
    </p>
  );
}

/** Counts that are above nought only where something is wrong. */
function Troubles({ samples }: { samples: Samples }) {
  const say = useHealthWords();
  const failures = (samples.get('switchroom_http_requests_total') ?? []).filter(({ labels }) =>
    labels.status?.startsWith('5'),
  );
  const found: [string, number][] = [
    ...(samples.get('switchroom_impossible_events_total') ?? []).map(({ labels, value }): [string, number] => [
      say('impossible', { step: labels.step ?? '' }),
      value,
    ]),
    [say('router-defects'), sumOf(samples, 'switchroom_router_defects_total')],
    [say('http-failed'), failures.reduce((sum, { value }) => sum + value, 0)],
  ];
  const shown = found.filter(([, count]) => count > 0);
  return (
    <Tiles
      title={say('troubles')}
      foot={shown.length === 0 ? <p className="muted">{say('no-troubles')}</p> : undefined}
    >
      {shown.map(([name, count]) => (
        <BadTile key={name} name={name} value={count} />
      ))}
    </Tiles>
  );
}

/** Whether the journal is as it was written: asked for, since it reads all of it. */
function Chain() {
  const say = useHealthWords();
  const [state, setState] = useState<
    { is: 'idle' | 'checking' } | { is: 'done'; events: number; broken: number | undefined }
  >({ is: 'idle' });
  const [failed, setFailed] = useState<RestFailed>();
  const check = () => {
    setState({ is: 'checking' });
    setFailed(undefined);
    rest<{ events: number; broken?: { seq: number } }>('/journal/chain').then(
      ({ events, broken }) => setState({ is: 'done', events, broken: broken?.seq }),
      (error: unknown) => {
        if (!(error instanceof RestFailed)) throw error;
        setState({ is: 'idle' });
        setFailed(error);
      },
    );
  };
  return (
    <div className="page-foot" aria-live="polite">
      <button type="button" className="secondary small" disabled={state.is === 'checking'} onClick={check}>
        {say(state.is === 'checking' ? 'checking' : 'chain')}
      </button>
      <Failure of={failed} />
      {state.is === 'done' && (
        <span className="health-state" data-ready={state.broken === undefined}>
          {state.broken === undefined ? say('whole', { events: state.events }) : say('broken', { seq: state.broken })}
        </span>
      )}
    </div>
  );
}

function Tiles({ title, children, foot }: { title: string; children: ReactNode; foot?: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <dl className="tiles">{children}</dl>
      {foot}
    </section>
  );
}

function BadTile({ name, value }: { name: string; value: number }) {
  return <Tile name={name} value={String(value)} bad={value > 0} />;
}

function Tile({ name, value, hint, bad = false }: { name: string; value: string; hint?: string; bad?: boolean }) {
  return (
    <div data-bad={bad}>
      <dt>{name}</dt>
      <dd className="figures">
        {value}
        {hint !== undefined && <small className="muted"> {hint}</small>}
      </dd>
    </div>
  );
}
