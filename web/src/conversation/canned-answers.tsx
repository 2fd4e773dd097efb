import { type KeyboardEvent, useEffect, useState } from 'react';
import { rest } from '../rest.ts';
import type { ConversationView } from './state.ts';
import { useConversationWords } from './words.ts';

interface Found {
  id: string;
  name: string;
  /** For this conversation, in its language. */
  filled: string;
}

/** Answers that are sent often, by what stands in them. Arrows choose, Enter takes. */
export function CannedAnswers({
  view,
  onChoose,
  onClose,
}: {
  view: ConversationView;
  onChoose: (text: string) => void;
  onClose: () => void;
}) {
  const say = useConversationWords();
  const [search, setSearch] = useState('');
  const [found, setFound] = useState<Found[]>([]);
  const [at, setAt] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    const query = { interaction: view.interaction, text: search, limit: 20 };
    rest<{ answers: Found[] }>('/canned-answers', { query, signal: gone.signal }).then(
      ({ answers }) => {
        setFound(answers);
        setAt(0);
      },
      // What was found before stays.
      () => undefined,
    );
    return () => gone.abort();
  }, [search, view.interaction]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = found[at];
    if (step !== undefined && found.length > 0) setAt((at + step + found.length) % found.length);
    else if (event.key === 'Enter' && chosen !== undefined) onChoose(chosen.filled);
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
  };
  return (
    <div className="canned">
      <input
        type="search"
        // biome-ignore lint/a11y/noAutofocus: she has just asked for it
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="canned-list"
        aria-activedescendant={found[at] === undefined ? undefined : `canned-${found[at].id}`}
        aria-label={say('canned.search')}
        placeholder={say('canned.search')}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div id="canned-list" role="listbox" aria-label={say('canned')}>
        {found.map((one, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the search field's
          // biome-ignore lint/a11y/useFocusableInteractive: the search field has the focus
          <div
            key={one.id}
            id={`canned-${one.id}`}
            role="option"
            aria-selected={place === at}
            onClick={() => onChoose(one.filled)}
          >
            <strong>{one.name}</strong>
            <span className="muted">{one.filled}</span>
          </div>
        ))}
        {found.length === 0 && <p className="muted">{say('canned.none')}</p>}
      </div>
    </div>
  );
}
