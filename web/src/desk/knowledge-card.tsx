import { useLayoutEffect, useState } from 'react';
import { type Article, textOf, useArticles, useSuggestions } from '../knowledge/articles.ts';
import { usePanel } from '../panel-context.ts';
import { afterPaint } from '../parts/after-paint.ts';
import { Icon } from '../parts/icon.tsx';
import { rest } from '../rest.ts';
import type { DeskContact } from '../state/contacts.ts';

/** Articles that fit the contact; others by search. Whether one helped is asked once. */
export function KnowledgeCard({ contact }: { contact: DeskContact }) {
  const { t, language } = usePanel();
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string>();
  const [voted, setVoted] = useState<Record<string, boolean>>({});
  const wanted = text.trim();
  const { interaction } = contact;
  // Not before who calls was painted.
  const [painted, setPainted] = useState(false);
  useLayoutEffect(() => afterPaint(() => setPainted(true)), []);
  const { data: fitting } = useSuggestions(painted ? interaction : undefined);
  const { data: found } = useArticles(text, 8, true);
  const articles = (wanted === '' ? fitting : found)?.articles ?? [];
  const vote = (article: Article, helpful: boolean) => {
    setVoted({ ...voted, [article.id]: helpful });
    // A lost vote is no reason to disturb a talk.
    rest(`/knowledge/articles/${article.id}/feedback`, { method: 'POST', body: { helpful, interaction } }).catch(
      () => undefined,
    );
  };
  return (
    <section className="card knowledge" aria-label={t('knowledge.title')}>
      <header className="card-head">
        <h3>{t('knowledge.title')}</h3>
        <div className="space" />
        <label className="knowledge-search">
          <Icon name="search" size={16} />
          <input
            type="search"
            value={text}
            placeholder={t('knowledge.search')}
            aria-label={t('knowledge.search')}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      </header>
      {articles.length === 0 && <p className="muted">{t(wanted === '' ? 'knowledge.none' : 'knowledge.not-found')}</p>}
      <ul>
        {articles.map((article) => {
          const shown = textOf(article, language);
          if (shown === undefined) return null;
          return (
            <li key={article.id}>
              <details
                open={open === article.id}
                onToggle={(event) => {
                  if (event.currentTarget.open) setOpen(article.id);
                  else if (open === article.id) setOpen(undefined);
                }}
              >
                <summary>{shown.question}</summary>
                <p className="knowledge-answer">{shown.answer}</p>
                <p className="hint">
                  {t('knowledge.helped')}{' '}
                  {([true, false] as const).map((helpful) => (
                    <button
                      key={String(helpful)}
                      type="button"
                      className="ghost small"
                      aria-pressed={voted[article.id] === helpful}
                      onClick={() => vote(article, helpful)}
                    >
                      {t(helpful ? 'knowledge.yes' : 'knowledge.no')}
                    </button>
                  ))}
                </p>
              </details>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
