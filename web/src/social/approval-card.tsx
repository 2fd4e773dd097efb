import { type KeyboardEvent, useState } from 'react';
import { MessageText } from '../conversation/message-text.tsx';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { useMinute } from '../work/use-minute.ts';
import type { Group } from './approvals-page.tsx';
import { textOf } from './types.ts';
import { useSocialWords } from './words.ts';

/** A public answer beside the post that it answers. */
export function ApprovalCard({
  group,
  onDecide,
}: {
  group: Group;
  /** @param alike also the others with the same words */
  onDecide: (alike: boolean, approved: boolean, why?: string) => Promise<void>;
}) {
  const { language, state } = usePanel();
  const say = useSocialWords();
  const now = useMinute() + state.clockOffset;
  const [one, ...alike] = group;
  const { original, review, writer, own, via, content, at, name } = one;
  const [sending, setSending] = useState(false);
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const time = (when: number) => dateTime(when, now, language, state.setup?.site.timeZone ?? 'UTC');
  const channel = state.setup?.written?.social.find(({ id }) => id === via);
  const count = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB');
  const open = review === undefined;
  const may = open && !own;
  const decide = async (approved: boolean, all: boolean) => {
    setBusy(true);
    await onDecide(all, approved, approved ? undefined : why.trim());
    setBusy(false);
    setSending(false);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || !may || busy) return;
    const key = event.key.toLowerCase();
    if (key !== 'a' && key !== 's') return;
    event.preventDefault();
    if (key === 'a') void decide(true, false);
    else setSending(true);
  };
  const who = writer.name ?? writer.id;
  const author = name ?? say('somebody');
  return (
    <article
      className="card approval"
      aria-label={`${say('approval.by', { name: who })}: ${textOf(content)}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows go from answer to answer, letters decide on the one in front
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div className="approval-pair">
        <section className="approval-post">
          <header>
            <strong>{author}</strong>
            {original?.kind !== undefined && <span className="chip">{say(`kind.${original.kind}`)}</span>}
            <span className="muted">{nameIn(language, channel?.name ?? {}, via)}</span>
          </header>
          {original === undefined ? (
            <p className="muted">{say('approval.original-gone')}</p>
          ) : (
            <MessageText content={original.content} />
          )}
          {original !== undefined && (
            <footer className="muted figures">
              {time(original.at)}
              {original.reach !== undefined && ` · ${say('reach', { count: count.format(original.reach) })}`}
              {original.url !== undefined && (
                <>
                  {' · '}
                  <a href={original.url} target="_blank" rel="noopener noreferrer nofollow">
                    {say('open-post')}
                  </a>
                </>
              )}
            </footer>
          )}
        </section>
        <section className="approval-answer">
          <header>
            <strong>{own ? say('approval.you') : say('approval.by', { name: who })}</strong>
            <time className="muted figures" dateTime={new Date(at).toISOString()}>
              {time(at)}
            </time>
          </header>
          <MessageText content={content} />
          {alike.length > 0 && <p className="muted">{say('approval.alike', { count: alike.length })}</p>}
        </section>
      </div>
      {review !== undefined && (
        <div className="approval-result" data-approved={review.approved}>
          <Icon name={review.approved ? 'check' : 'close'} size={16} />
          <strong>
            {say(review.approved ? 'approval.approved' : 'approval.sent-back', {
              name: review.by.name ?? review.by.id,
            })}
          </strong>
          <time className="figures">{time(review.at)}</time>
          {review.why !== undefined && <q>{review.why}</q>}
        </div>
      )}
      {open && own && <p className="hint">{say('approval.own')}</p>}
      {may && !sending && (
        <footer className="approval-keys">
          <button type="button" className="primary" disabled={busy} onClick={() => void decide(true, false)}>
            <Icon name="check" size={18} /> {say('approval.approve')}
          </button>
          {alike.length > 0 && (
            <button type="button" className="secondary" disabled={busy} onClick={() => void decide(true, true)}>
              {say('approval.approve-alike', { count: group.length })}
            </button>
          )}
          <button type="button" className="quiet-danger" disabled={busy} onClick={() => setSending(true)}>
            {say('approval.back')}
          </button>
        </footer>
      )}
      {may && sending && (
        <form
          className="approval-back"
          onSubmit={(event) => {
            event.preventDefault();
            void decide(false, alike.length > 0);
          }}
        >
          <textarea
            value={why}
            rows={2}
            required
            maxLength={1_000}
            aria-label={say('approval.note')}
            placeholder={say('approval.note')}
            // biome-ignore lint/a11y/noAutofocus: it is what the button was pressed for
            autoFocus
            onChange={(event) => setWhy(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setSending(false);
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
          <button type="submit" className="quiet-danger" disabled={busy || why.trim() === ''}>
            {say('approval.back.do')}
          </button>
          <button type="button" className="ghost" onClick={() => setSending(false)}>
            {say('cancel')}
          </button>
        </form>
      )}
    </article>
  );
}
