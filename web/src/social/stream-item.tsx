import { type KeyboardEvent, useState } from 'react';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { rest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { useMinute } from '../work/use-minute.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { type SocialItem, textOf, toneOf } from './types.ts';
import { type SocialWord, useSocialWords } from './words.ts';

/** One public item: who said what to how many, and what becomes of it. */
export function StreamItemCard({
  item,
  staff,
  onChanged,
}: {
  item: SocialItem;
  staff: boolean;
  onChanged: () => void;
}) {
  const { language, state, change } = usePanel();
  const say = useSocialWords();
  const now = useMinute() + state.clockOffset;
  const [answering, setAnswering] = useState(false);
  const count = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB');
  const path = `/social/items/${encodeURIComponent(item.id)}`;
  const channel = state.setup?.written?.social.find(({ id }) => id === item.via);
  const queues = state.setup?.queues ?? [];
  const queueName = (id: string | undefined) =>
    nameIn(language, queues.find((one) => one.id === id)?.name ?? {}, id ?? '');
  const taken = item.agent !== undefined;
  const tone = toneOf(item.score);

  const act = async (more: string, body: unknown, done: string | undefined) => {
    try {
      await rest(`${path}${more}`, { method: 'POST', body });
      if (done !== undefined) change({ on: 'notice', notice: { kind: 'good', about: 'said', text: done } });
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as Error).message } });
    }
    onChanged();
  };
  const unanswered = item.state === 'open' || item.state === 'ignored';
  const may = {
    take: unanswered && !taken && state.live !== undefined,
    queue: staff && unanswered && !taken,
    answer: staff && unanswered && !taken,
    ignore: staff && unanswered && !taken,
  };
  const take = () => void act('/take', {}, say('taken'));
  const ignore = () => void act('/ignore', { ignored: item.state !== 'ignored' }, undefined);
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const does = {
      t: may.take ? take : undefined,
      a: may.answer ? () => setAnswering(true) : undefined,
      i: may.ignore ? ignore : undefined,
    }[event.key.toLowerCase()];
    if (does === undefined) return;
    event.preventDefault();
    does();
  };
  const place =
    item.phase === 'active'
      ? say('at.active', { agent: item.agent?.name ?? item.agent?.id ?? '' })
      : item.phase === 'queued' || item.phase === 'offered'
        ? say(`at.${item.phase}`, { queue: queueName(item.queue) })
        : item.phase === 'bot'
          ? say('at.bot')
          : undefined;
  const author = item.author ?? say('somebody');
  const text = textOf(item.content);
  return (
    <article
      className="card social-item"
      aria-label={`${author}: ${text}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows go from item to item, letters act on the one in front
      tabIndex={0}
      data-tone={tone}
      onKeyDown={onKey}
    >
      <header>
        <strong>{author}</strong>
        <span className="chip">{say(`kind.${item.kind}`)}</span>
        <span className="muted">{nameIn(language, channel?.name ?? {}, item.via)}</span>
        <time className="muted figures" dateTime={new Date(item.at).toISOString()}>
          {dateTime(item.at, now, language, state.setup?.site.timeZone ?? 'UTC')}
        </time>
        <div className="space" />
        <span className="tone" data-tone={tone}>
          {say(`tone.${tone}` as SocialWord)}
        </span>
        <span className="social-state" data-state={item.state}>
          {say(`state.${item.state}`)}
        </span>
      </header>
      <p className="social-text">{text || <em className="muted">{say('erased')}</em>}</p>
      <footer>
        <span className="muted figures">{say('reach', { count: count.format(item.reach) })}</span>
        {item.engaged > 0 && (
          <span className="muted figures">{say('engaged', { count: count.format(item.engaged) })}</span>
        )}
        {place !== undefined && <span className="place">{place}</span>}
        {item.url !== undefined && (
          <a href={item.url} target="_blank" rel="noopener noreferrer nofollow">
            {say('open-post')}
          </a>
        )}
        {staff && item.cluster !== undefined && item.alike > 1 && (
          <a href={hrefOf('work', 'social', 'stream', item.cluster)}>{say('same-question', { count: item.alike })}</a>
        )}
        <div className="social-keys">
          {may.ignore && (
            <button type="button" className="ghost small" onClick={ignore}>
              {say(item.state === 'ignored' ? 'unignore' : 'ignore')}
            </button>
          )}
          {may.queue && (
            <Menu
              className="ghost small"
              label={say('to-queue')}
              face={
                <>
                  {say('to-queue')} <Icon name="down" size={14} />
                </>
              }
            >
              {queues.map((one) => (
                <MenuItem
                  key={one.id}
                  onChoose={() => void act('/queue', { queue: one.id }, say('queued', { queue: queueName(one.id) }))}
                >
                  <Icon name="queue" />
                  {queueName(one.id)}
                </MenuItem>
              ))}
            </Menu>
          )}
          {may.take && (
            <button type="button" className="secondary small" onClick={take}>
              {say('take')}
            </button>
          )}
          {may.answer && (
            <button type="button" className="primary small" onClick={() => setAnswering(true)}>
              {say('answer')}
            </button>
          )}
        </div>
      </footer>
      {answering && (
        <AnswerDialog
          title={say('answer.to', { name: author })}
          question={text}
          path={`${path}/answer`}
          onClose={() => setAnswering(false)}
          onDone={(answer: { state: string }) => {
            const said = say(answer.state === 'approval' ? 'answered.submitted' : 'answered.sent');
            change({ on: 'notice', notice: { kind: 'good', about: 'said', text: said } });
            onChanged();
          }}
        />
      )}
    </article>
  );
}
