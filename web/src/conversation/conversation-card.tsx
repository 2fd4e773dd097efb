import { useState } from 'react';
import { useNow } from '../clock.ts';
import { TargetDialog } from '../desk/target-dialog.tsx';
import { dateTime, duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { type RestFailed, rest } from '../rest.ts';
import type { DeskContact } from '../state/contacts.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import type { Conversation } from './state.ts';
import { useConversationWords } from './words.ts';

/** A digital conversation: what was written, where she writes, and what she can do with it. */
export function ConversationCard({ contact, conversation }: { contact: DeskContact; conversation: Conversation }) {
  const { t, language, state, act, change } = usePanel();
  const say = useConversationWords();
  const now = useNow() + state.clockOffset;
  const [open, setOpen] = useState<'transfer' | 'join'>();
  const { view } = conversation;
  const { interaction, unanswered, joined, window } = view;
  const me = state.setup?.me.id ?? '';
  const queue = state.setup?.queues.find((one) => one.id === contact.queue);
  const over = view.phase === 'closed';
  const mine = view.agent === me;
  const others = [view.agent, ...joined].filter((one) => one !== undefined && one !== me);
  const timeZone = state.setup?.site.timeZone ?? 'UTC';

  /** What is asked by the API. @returns whether it was done */
  const ask = async (path: string, body: object): Promise<boolean> => {
    try {
      await rest(`/agents/me/conversations/${encodeURIComponent(interaction)}/${path}`, { method: 'POST', body });
      return true;
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as RestFailed).message } });
      return false;
    }
  };
  const callBack = async () => {
    const to = contact.queue ?? view.queue;
    if (to === undefined || !(await ask('escalate', { queue: to }))) return;
    change({ on: 'notice', notice: { kind: 'good', about: 'said', text: say('call.planned') } });
  };

  return (
    <section className="card conversation" aria-label={t(`channel.${view.channel}`)}>
      <header className="card-head">
        <span className="state-chip" data-phase={over ? 'wrap-up' : 'connected'}>
          {t(`channel.${view.channel}`)}
        </span>
        <strong>{contact.pop?.content.customer?.name ?? view.name ?? say('visitor')}</strong>
        {queue !== undefined && <span className="chip">{nameIn(language, queue.name, queue.id)}</span>}
        {others.length > 0 && <span className="chip">{say('with', { names: others.join(', ') })}</span>}
        {unanswered !== undefined && !over && <Due due={unanswered.due} now={now} />}
      </header>
      {view.subject !== undefined && <p className="message-subject">{view.subject}</p>}
      {window !== undefined && !over && (window.left !== undefined || window.until !== undefined) && (
        <p className="window" data-low={(window.left ?? 9) <= 1 || (window.until ?? now + 1e9) - now < 600_000}>
          <Icon name="clock" size={14} />
          {window.left !== undefined && (
            <>
              <span className="figures">{window.left}</span> {say('window.left')}
            </>
          )}{' '}
          {window.until !== undefined && say('window.until', { time: dateTime(window.until, now, language, timeZone) })}
        </p>
      )}
      <MessageList conversation={conversation} />
      {over ? <p className="hint">{say('ended')}</p> : <Composer view={view} />}
      {!over && (
        <fieldset className="conversation-actions" disabled={state.link.is !== 'open'}>
          <legend className="hidden">{t('call.controls')}</legend>
          {mine && (
            <>
              <button type="button" className="secondary small" onClick={() => setOpen('transfer')}>
                <Icon name="transfer" size={16} />
                <span>{say('transfer')}</span>
              </button>
              <button type="button" className="secondary small" onClick={() => setOpen('join')}>
                <Icon name="person" size={16} />
                <span>{say('join')}</span>
              </button>
              <button type="button" className="secondary small" onClick={() => void callBack()}>
                <Icon name="phone" size={16} />
                <span>{say('call')}</span>
              </button>
            </>
          )}
          {others.length > 0 && (
            <button
              type="button"
              className="secondary small"
              onClick={() => void act('leave-conversation', { interaction })}
            >
              <Icon name="out" size={16} />
              <span>{say('leave')}</span>
            </button>
          )}
          {mine && (
            <button
              type="button"
              className="primary small"
              onClick={() => void act('close-conversation', { interaction })}
            >
              <Icon name="check" size={16} />
              <span>{say('close')}</span>
            </button>
          )}
        </fieldset>
      )}
      {open === 'transfer' && (
        <TargetDialog
          title={say('transfer.title')}
          queues
          numbers={false}
          onChoose={(to) =>
            'number' in to ? Promise.resolve(false) : act('transfer-conversation', { interaction, to })
          }
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'join' && (
        <TargetDialog
          title={say('join.title')}
          queues={false}
          numbers={false}
          onChoose={(to) => ('agent' in to ? ask('join', { agent: to.agent }) : Promise.resolve(false))}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  );
}

function Due({ due, now }: { due: number; now: number }) {
  const say = useConversationWords();
  const left = due - now;
  return (
    <span className="due figures" data-late={left < 0}>
      {left >= 0 ? say('due', { time: duration(left) }) : say('overdue', { time: duration(-left) })}
    </span>
  );
}
