import type { KeyboardEvent } from 'react';
import { useNow } from '../clock.ts';
import { unreadOf } from '../conversation/state.ts';
import { useConversationWords } from '../conversation/words.ts';
import { duration, phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { digitalAddress, nameOf } from '../state/names.ts';
import { contactWord } from '../state/wording.ts';

/** Several contacts at once: one tab each (arrows move between them). */
export function ContactTabs({ contacts, front }: { contacts: DeskContact[]; front: DeskContact | undefined }) {
  const { t, state, change } = usePanel();
  const say = useConversationWords();
  const now = useNow() + state.clockOffset;
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = contacts.findIndex((contact) => contact.key === front?.key);
    const next = contacts[(at + step + contacts.length) % contacts.length];
    if (next === undefined) return;
    change({ on: 'front', key: next.key });
    event.currentTarget.querySelector<HTMLElement>(`[data-key="${CSS.escape(next.key)}"]`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={t('contacts.title')} tabIndex={-1} onKeyDown={onKeyDown}>
      {contacts.map((contact) => {
        const content = contact.pop?.content;
        const number = content?.from ?? contact.call?.from;
        const { conversation } = contact;
        const unread = conversation === undefined ? 0 : unreadOf(conversation);
        const called = nameOf(content) ?? conversation?.view.name;
        const voice = contact.channel === 'voice';
        const where = voice ? number && phone(number) : digitalAddress(content);
        const name = called ?? where ?? (voice ? t('contact.unknown') : say('visitor'));
        const selected = contact.key === front?.key;
        return (
          <button
            key={contact.key}
            type="button"
            role="tab"
            data-key={contact.key}
            aria-selected={selected}
            tabIndex={selected ? 0 : -1}
            className="tab"
            data-state={contact.state}
            onClick={() => change({ on: 'front', key: contact.key })}
          >
            <span className="dot" data-doing={contact.state} />
            <strong>{name}</strong>
            <span>{t(contactWord(contact))}</span>
            {unread > 0 && (
              <span className="unread figures" role="img" aria-label={say('unread', { count: unread })}>
                {unread}
              </span>
            )}
            <time className="figures">{duration(now - contact.since)}</time>
          </button>
        );
      })}
    </div>
  );
}
