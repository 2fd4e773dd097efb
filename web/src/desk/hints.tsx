import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import type { PopView } from '../state/state.ts';

/** What moments want the agent to know before she says a word. */
export function Hints({ hints }: { hints: PopView['content']['hints'] }) {
  const { t, language } = usePanel();
  const texts = hints?.map((hint) => nameIn(language, hint, hint.en ?? hint.zh ?? '')) ?? [];
  // Read out when one comes during the talk; what stood there from the beginning is part of the card.
  const told = (
    <p className="hidden" aria-live="polite">
      {texts.join(' ')}
    </p>
  );
  return (
    <>
      {told}
      {texts.length > 0 && (
        <section className="card" role="note" aria-label={t('hints.title')}>
          <h3>{t('hints.title')}</h3>
          <ul>
            {texts.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
