import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { rest } from '../rest.ts';
import { MessageText } from './message-text.tsx';
import type { Conversation, Message } from './state.ts';
import { type ConversationWord, useConversationWords } from './words.ts';

/** So long after the last sign of it the customer is taken to write still. */
const typingMs = 6_000;
const page = 50;

/** What was written, the newest at the foot; it stays there as messages come, unless she has scrolled up. */
export function MessageList({ conversation }: { conversation: Conversation }) {
  const { language, state } = usePanel();
  const say = useConversationWords();
  const now = useNow();
  const list = useRef<HTMLDivElement>(null);
  const atFoot = useRef(true);
  const [older, setOlder] = useState<Message[]>([]);
  const [more, setMore] = useState(true);
  const { view, messages, typingAt } = conversation;
  const me = state.setup?.me.id;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const typing = typingAt !== undefined && now - typingAt < typingMs;
  const last = messages.at(-1)?.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a message more is what moves it
  useLayoutEffect(() => {
    const element = list.current;
    if (element !== null && atFoot.current) element.scrollTop = element.scrollHeight;
  }, [last, typing]);
  useEffect(() => {
    setOlder([]);
    setMore(true);
  }, []);

  const first = older[0] ?? messages[0];
  const load = async () => {
    if (first === undefined) return;
    const path = `/conversations/${encodeURIComponent(view.interaction)}/messages`;
    const { messages: found } = await rest<{ messages: Message[] }>(path, {
      query: { before: first.number, limit: page },
    });
    setOlder((known) => [...found, ...known]);
    setMore(found.length === page);
  };

  return (
    <div
      className="messages"
      ref={list}
      role="log"
      aria-label={say('messages')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atFoot.current = scrollHeight - scrollTop - clientHeight < 40;
      }}
    >
      {more && first !== undefined && first.number > 1 && (
        <button type="button" className="ghost small" onClick={() => void load().catch(() => setMore(false))}>
          {say('older')}
        </button>
      )}
      {[...older, ...messages].map((message) => {
        const { author, agent } = message;
        const mine = author === 'agent' && agent === me;
        const who = author === 'agent' || author === 'note' ? (mine || agent === me ? say('you') : (agent ?? '')) : '';
        const named = author === 'customer' ? (view.name ?? say('author.customer')) : who || say(`author.${author}`);
        return (
          <article key={message.id} className="message" data-author={author} data-state={message.state}>
            <header>
              <strong>{author === 'note' ? `${say('author.note')} · ${named}` : named}</strong>
              <time className="figures" dateTime={new Date(message.at).toISOString()}>
                {dateTime(message.at, now + state.clockOffset, language, timeZone)}
              </time>
              {author !== 'customer' && author !== 'note' && (
                <span className="message-state">{say(`state.${message.state}` as ConversationWord)}</span>
              )}
            </header>
            {message.state === 'recalled' ? (
              <p className="muted">{say('recalled')}</p>
            ) : (
              <MessageText content={message.content} />
            )}
            {message.failed !== undefined && (
              <p className="message-failed" role="alert">
                {message.failed.reason}
              </p>
            )}
          </article>
        );
      })}
      {typing && (
        <p className="message-typing" role="status">
          {view.name ?? say('author.customer')} {say('typing')}
        </p>
      )}
    </div>
  );
}
