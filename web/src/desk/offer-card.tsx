import { useEffect } from 'react';
import { useNow } from '../clock.ts';
import { useConversationWords } from '../conversation/words.ts';
import { duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';
import { Caller } from './caller.tsx';
import { LastWords } from './last-words.tsx';

const around = 2 * Math.PI * 26;

export function OfferCard({ contact }: { contact: DeskContact }) {
  const { t, language, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  const { offer, pop } = contact;
  const content = pop?.content;
  const say = useConversationWords();
  const digital = contact.channel !== 'voice';
  const canAnswer = (digital || state.setup?.me.canAnswer === true) && offer !== undefined;
  const answer = digital ? 'accept' : 'answer';
  const queue = state.setup?.queues.find((one) => one.id === contact.queue);
  const left = Math.max(0, (contact.until ?? now) - now);
  const whole = Math.max(1, (contact.until ?? now) - contact.since);

  useEffect(() => {
    if (!canAnswer) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'F2') return;
      event.preventDefault();
      void act(answer, { offer });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [canAnswer, answer, offer, act]);

  return (
    <section className="card offer" aria-label={digital ? say('incoming') : t('offer.title')}>
      <header className="card-head">
        <h2>{digital ? say('incoming') : t('offer.title')}</h2>
        {digital && <span className="chip">{t(`channel.${contact.channel}`)}</span>}
        {queue !== undefined && <span className="chip strong">{nameIn(language, queue.name, queue.id)}</span>}
        {content?.enteredQueueAt !== undefined && (
          <span className="muted">{t('offer.waited', { time: duration(now - content.enteredQueueAt) })}</span>
        )}
      </header>
      <div className="offer-who">
        <svg
          className="countdown"
          viewBox="0 0 60 60"
          role="img"
          aria-label={t('offer.left', { seconds: Math.ceil(left / 1_000) })}
        >
          <circle cx="30" cy="30" r="26" className="countdown-track" />
          <circle
            cx="30"
            cy="30"
            r="26"
            className="countdown-left"
            strokeDasharray={around}
            strokeDashoffset={around * (1 - left / whole)}
            data-late={left < 5_000}
          />
          <text x="30" y="31" className="figures">
            {Math.ceil(left / 1_000)}
          </text>
        </svg>
        <Caller contact={contact} />
      </div>
      <LastWords contact={contact} />
      {canAnswer ? (
        <div className="offer-actions">
          <button type="button" className="answer" aria-keyshortcuts="F2" onClick={() => void act(answer, { offer })}>
            <Icon name={digital ? 'chat' : 'phone'} /> {digital ? say('accept') : t('offer.answer')} <kbd>F2</kbd>
          </button>
          <button type="button" className="quiet-danger" onClick={() => void act('decline', { offer })}>
            {t('offer.decline')}
          </button>
        </div>
      ) : (
        <div className="offer-actions">
          <p className="pick-up">
            <Icon name="phone" /> {t('offer.pick-up')}
          </p>
          {offer !== undefined && (
            <button type="button" className="quiet-danger" onClick={() => void act('decline', { offer })}>
              {t('offer.decline')}
            </button>
          )}
        </div>
      )}
    </section>
  );
}
