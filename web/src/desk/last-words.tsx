import { useNow } from '../clock.ts';
import { useConversationWords } from '../conversation/words.ts';
import { timeAgo } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';

/** What the customer of a written contact said last, before the agent takes it. */
export function LastWords({ contact }: { contact: DeskContact }) {
  const { language, state } = usePanel();
  const say = useConversationWords();
  const now = useNow() + state.clockOffset;
  const words = contact.pop?.words ?? [];
  if (words.length === 0) return null;
  return (
    <ol className="last-words" aria-label={say('last-words')}>
      {words.map(({ at, text, file }) => (
        <li key={`${at} ${text}`}>
          <p>
            {file !== undefined && (
              <span className="last-words-file">
                <Icon name="clip" size={16} /> {say(`file.${file}`)}
              </span>
            )}
            {text}
          </p>
          <time className="figures" dateTime={new Date(at).toISOString()}>
            {timeAgo(at, now, language)}
          </time>
        </li>
      ))}
    </ol>
  );
}
