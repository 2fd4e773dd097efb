import { type KeyboardEvent, useEffect, useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { rest, useRest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { useLiveEvents } from '../work/live-events.ts';
import { StreamItemCard } from './stream-item.tsx';
import type { SocialItem, SocialState } from './types.ts';
import { type SocialWord, useSocialWords } from './words.ts';

const states: readonly SocialState[] = ['open', 'waiting', 'answered', 'ignored'];
const events =
  'social.item-judged,social.item-ignored,message.sent,message.submitted,message.reviewed,interaction.queued,interaction.answered,interaction.ended';
const everyMs = 20_000;
const page = 50;

interface Answer {
  items: SocialItem[];
  states: Record<SocialState, number>;
}

/** Item by item, the newest first. @param cluster only what asks the same */
export function Stream({ cluster, staff }: { cluster: string | undefined; staff: boolean }) {
  const { language, state } = usePanel();
  const say = useSocialWords();
  const [which, setWhich] = useState<SocialState | ''>(cluster === undefined ? 'open' : '');
  const [tone, setTone] = useState('');
  const [via, setVia] = useState('');
  const query = { state: which || undefined, tone: tone || undefined, via: via || undefined, cluster, limit: page };
  const { data, failed, reload } = useRest<Answer>('/social/items', query, everyMs);
  useLiveEvents(events, reload);
  const [older, setOlder] = useState<SocialItem[]>([]);
  const [more, setMore] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => {
    setOlder([]);
    setMore(true);
  }, [which, tone, via]);
  const channels = state.setup?.written?.social ?? [];
  const items = [...(data?.items ?? []), ...older.filter(({ id }) => !data?.items.some((one) => one.id === id))];
  const last = items.at(-1);
  const load = async () => {
    if (last === undefined) return;
    const found = await rest<Answer>('/social/items', { query: { ...query, before: last.id } });
    setOlder((known) => [...known, ...found.items]);
    setMore(found.items.length === page);
  };
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !(event.target instanceof HTMLElement) || !event.target.matches('article')) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('article')];
    all[all.indexOf(event.target) + step]?.focus();
  };

  return (
    <>
      <search className="social-filters">
        <fieldset className="switch" aria-label={say('filter.state')}>
          {(['open', 'waiting', 'answered', 'ignored', ''] as const).map((one) => (
            <button key={one} type="button" aria-pressed={which === one} onClick={() => setWhich(one)}>
              {say(`state.${one || 'all'}`)}
              {one !== '' && states.includes(one) && <span className="count figures">{data?.states[one] ?? ''}</span>}
            </button>
          ))}
        </fieldset>
        <div className="space" />
        <label className="choice">
          <span>{say('filter.tone')}</span>
          <select value={tone} onChange={(event) => setTone(event.target.value)}>
            <option value="">{say('filter.any')}</option>
            {(['negative', 'neutral', 'positive'] as const).map((one) => (
              <option key={one} value={one}>
                {say(`tone.${one}` as SocialWord)}
              </option>
            ))}
          </select>
        </label>
        {channels.length > 1 && (
          <label className="choice">
            <span>{say('filter.channel')}</span>
            <select value={via} onChange={(event) => setVia(event.target.value)}>
              <option value="">{say('filter.any')}</option>
              {channels.map((one) => (
                <option key={one.id} value={one.id}>
                  {nameIn(language, one.name, one.id)}
                </option>
              ))}
            </select>
          </label>
        )}
      </search>
      {cluster !== undefined && (
        <p className="only">
          {say('only-question')} <a href={hrefOf('work', 'social', 'stream')}>{say('only-question.off')}</a>
        </p>
      )}
      <Failure of={failed} onRetry={reload} />
      <section className="stream" aria-label={say('view.stream')} onKeyDown={onKey}>
        {items.map((item) => (
          <StreamItemCard key={item.id} item={item} staff={staff} onChanged={reload} />
        ))}
        {data !== undefined && items.length === 0 && (
          <div className="card nothing">
            <p>{say('none')}</p>
            <p className="muted">{say('none.hint')}</p>
          </div>
        )}
      </section>
      {items.length >= page && more && (
        <button type="button" className="secondary" onClick={() => void load().catch(() => setMore(false))}>
          {say('older')}
        </button>
      )}
      {items.length > 0 && <p className="hint">{say('keys')}</p>}
    </>
  );
}
