// What agents look up: questions and answers in both languages, written here, voted on by those who used them.
import { type FormEvent, useEffect, useState } from 'react';
import { type Article, textOf, useArticles } from '../knowledge/articles.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import { useFloorWords } from './words.ts';

const fresh = '+';
const languages = ['en', 'zh'] as const;

export function KnowledgePage({ rest: [open] }: { rest: string[] }) {
  const { language } = usePanel();
  const say = useFloorWords();
  const [text, setText] = useState('');
  const { data, failed, reload } = useArticles(text, 100);
  const articles = data?.articles ?? [];
  // By itself: what she searches for meanwhile may leave it out of the list.
  const {
    data: one,
    failed: gone,
    reload: reloadOne,
  } = useRest<Article>(
    open === undefined || open === fresh ? undefined : `/knowledge/articles/${encodeURIComponent(open)}`,
  );
  return (
    <>
      <header className="page-head">
        <h1>{say('page.knowledge')}</h1>
        <div className="space" />
        <label className="search-box">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={text}
            placeholder={say('search')}
            aria-label={say('search')}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="button" className="primary" onClick={() => goTo('floor', 'knowledge', fresh)}>
          {say('article.new')}
        </button>
      </header>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        <section className="card" aria-label={say('page.knowledge')}>
          <ul className="articles">
            {articles.map((article) => {
              const shown = textOf(article, language);
              return (
                <li key={article.id} aria-current={article.id === open}>
                  <a href={hrefOf('floor', 'knowledge', article.id)}>{shown?.question}</a>
                  <p className="muted">{shown?.answer.slice(0, 160)}</p>
                  <p className="hint">
                    {article.draft && <span className="chip strong">{say('article.draft')}</span>}{' '}
                    {article.tags.map((tag) => (
                      <span key={tag} className="chip">
                        {tag}
                      </span>
                    ))}{' '}
                    {say('article.votes', { yes: article.helpful, no: article.notHelpful })}
                  </p>
                </li>
              );
            })}
          </ul>
          {data !== undefined && articles.length === 0 && <p className="muted">{say('no-articles')}</p>}
        </section>
        {open !== fresh && one === undefined && open !== undefined && <Failure of={gone} />}
        {(open === fresh || one !== undefined) && (
          <ArticleForm
            key={open}
            article={one}
            onDone={(id) => {
              reload();
              reloadOne();
              if (id === undefined) goTo('floor', 'knowledge');
              else goTo('floor', 'knowledge', id);
            }}
          />
        )}
      </div>
    </>
  );
}

interface Typed {
  texts: Record<(typeof languages)[number], { question: string; answer: string }>;
  tags: string;
  queues: string[];
  draft: boolean;
}

function typedOf(article: Article | undefined): Typed {
  return {
    texts: {
      en: article?.en ?? { question: '', answer: '' },
      zh: article?.zh ?? { question: '', answer: '' },
    },
    tags: article?.tags.join(', ') ?? '',
    queues: article?.queues ?? [],
    draft: article?.draft ?? false,
  };
}

function ArticleForm({ article, onDone }: { article: Article | undefined; onDone: (id: string | undefined) => void }) {
  const { state, language } = usePanel();
  const say = useFloorWords();
  const { before, keep } = useUnsaved<Typed>(`articles/${article?.id ?? fresh}`);
  const [typed, setTyped] = useState(before ?? typedOf(article));
  const [dirty, setDirty] = useState(before !== undefined);
  const { texts, tags, queues, draft } = typed;
  const set = (change: Partial<Typed>) => {
    setTyped((now) => ({ ...now, ...change }));
    setDirty(true);
  };
  useEffect(() => keep(dirty ? typed : undefined), [keep, dirty, typed]);
  const [failed, setFailed] = useState<RestFailed>();
  const act = async (work: () => Promise<string | undefined>) => {
    setFailed(undefined);
    try {
      onDone(await work());
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    void act(async () => {
      const written = languages.filter((one) => texts[one].question.trim() !== '' || texts[one].answer.trim() !== '');
      const body = {
        ...Object.fromEntries(written.map((one) => [one, texts[one]])),
        tags: tags
          .split(/[,，]/)
          .map((tag) => tag.trim())
          .filter((tag) => tag !== ''),
        queues,
        draft,
        // Whose it is stays as it was.
        ...(article?.team === undefined ? {} : { team: article.team }),
      };
      const path = article === undefined ? '/knowledge/articles' : `/knowledge/articles/${article.id}`;
      const { id } = await rest<Article>(path, { method: article === undefined ? 'POST' : 'PUT', body });
      keep(undefined);
      setDirty(false);
      return id;
    });
  };
  return (
    <form className="card detail" onSubmit={save} aria-label={say('article')}>
      <header className="card-head">
        <h2>{say(article === undefined ? 'article.new' : 'article')}</h2>
        <div className="space" />
        <button type="button" className="ghost round" aria-label={say('close')} onClick={() => onDone(undefined)}>
          <Icon name="close" />
        </button>
      </header>
      {languages.map((one) => (
        <fieldset key={one} className="field group">
          <legend>{say(`language.${one}`)}</legend>
          <input
            aria-label={say('article.question')}
            placeholder={say('article.question')}
            value={texts[one].question}
            maxLength={500}
            onChange={(event) => set({ texts: { ...texts, [one]: { ...texts[one], question: event.target.value } } })}
          />
          <textarea
            aria-label={say('article.answer')}
            placeholder={say('article.answer')}
            rows={6}
            value={texts[one].answer}
            onChange={(event) => set({ texts: { ...texts, [one]: { ...texts[one], answer: event.target.value } } })}
          />
        </fieldset>
      ))}
      <label className="field">
        {say('article.tags')}
        <input value={tags} onChange={(event) => set({ tags: event.target.value })} />
      </label>
      <fieldset className="field">
        <legend>{say('article.queues')}</legend>
        <div className="ticks">
          {state.setup?.queues.map((queue) => (
            <label key={queue.id} className="check">
              <input
                type="checkbox"
                checked={queues.includes(queue.id)}
                onChange={(event) =>
                  set({
                    queues: event.target.checked ? [...queues, queue.id] : queues.filter((one) => one !== queue.id),
                  })
                }
              />
              {queue.name[language] ?? queue.id}
            </label>
          ))}
        </div>
      </fieldset>
      <label className="check">
        <input type="checkbox" checked={draft} onChange={(event) => set({ draft: event.target.checked })} />
        {say('article.draft')}
      </label>
      <Failure of={failed} />
      <footer className="form-foot">
        {article !== undefined && (
          <button
            type="button"
            className="quiet-danger"
            onClick={() => {
              if (!window.confirm(say('article.confirm-remove'))) return;
              void act(async () => {
                await rest(`/knowledge/articles/${article.id}`, { method: 'DELETE' });
                keep(undefined);
                return undefined;
              });
            }}
          >
            {say('remove')}
          </button>
        )}
        <span className="space" />
        {dirty && (
          <button
            type="button"
            className="ghost"
            onClick={() => {
              setTyped(typedOf(article));
              setDirty(false);
              setFailed(undefined);
            }}
          >
            {say('discard')}
          </button>
        )}
        <button type="submit" className="primary">
          {say('save')}
        </button>
      </footer>
    </form>
  );
}
