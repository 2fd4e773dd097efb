import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import type { PopView } from '../state/state.ts';

/** What moments want the agent to know before she says a word. */
export function Hints({ hints }: { hints: PopView['content']['hints'] }) {
  const { t, language } = usePanel();
  if (hints === undefined || hints.length === 0) return null;
  const texts = hints.map((hint) => nameIn(language, hint, hint.en ?? hint.zh ?? ''));
  return (
    <section className="card" role="note" aria-label={t('hints.title')}>
      <h3>{t('hints.title')}</h3>
      <ul>
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </section>
  );
}
