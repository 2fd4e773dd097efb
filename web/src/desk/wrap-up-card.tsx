import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import type { QueueCard } from '../state/state.ts';
import { contactWord } from '../state/wording.ts';
import { Caller } from './caller.tsx';
import { WorkForm } from './work-form.tsx';

export function WrapUpCard({ contact, queue }: { contact: DeskContact; queue: QueueCard | undefined }) {
  const { t, language, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  const { interaction, until, since, work } = contact;
  const left = until === undefined ? undefined : Math.max(0, until - now);
  const missing = queue?.dispositionRequired === true && work?.disposition === undefined;
  return (
    <section className="card wrap-up" aria-label={t('wrap-up.title')}>
      <header className="card-head">
        <span className="state-chip" data-phase="wrap-up">
          {t(contactWord(contact))}
        </span>
        {queue !== undefined && <span className="chip">{nameIn(language, queue.name, queue.id)}</span>}
        {left !== undefined && (
          <span className="call-time">
            <time className="figures">{duration(left)}</time> <span className="muted">{t('wrap-up.left')}</span>
          </span>
        )}
      </header>
      {left !== undefined && until !== undefined && (
        <progress className="time-left" max={Math.max(1, until - since)} value={left} aria-label={t('wrap-up.left')} />
      )}
      <Caller contact={contact} />
      <WorkForm contact={contact} queue={queue} />
      <div className="wrap-up-actions">
        <button
          type="button"
          className="secondary"
          disabled={until === undefined}
          onClick={() => void act('extend', { interaction, byMs: 60_000 })}
        >
          {t('wrap-up.extend')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={missing}
          title={missing ? t('wrap-up.done-needs') : undefined}
          onClick={() => void act('wrap-up-done', { interaction })}
        >
          {t('wrap-up.done')}
        </button>
      </div>
      {missing && <p className="hint">{t('wrap-up.done-needs')}</p>}
    </section>
  );
}
