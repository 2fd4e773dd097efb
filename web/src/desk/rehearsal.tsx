// The first call of a shift must be on the screen as fast as every other: its code is compiled, its words are looked up and its
// text is shaped once, unseen, while there is nothing else to do.
import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import {
  PanelContext,
  type PanelTools,
  PreferencesContext,
  type PreferencesTools,
  usePreferences,
} from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { Customer } from './customer.tsx';
import { OfferCard } from './offer-card.tsx';

/** Once per page. */
let done = false;

export function useRehearsal(tools: PanelTools, idle: boolean): void {
  const preferences = usePreferences();
  useEffect(() => {
    if (done || !idle) return;
    const rehearse = () => {
      done = true;
      show(tools, preferences);
    };
    // Safari has no idle callback.
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(rehearse, 1_000);
      return () => clearTimeout(timer);
    }
    const waiting = requestIdleCallback(rehearse, { timeout: 5_000 });
    return () => cancelIdleCallback(waiting);
  }, [tools, preferences, idle]);
}

/** Comes and goes within one task: neither painted nor told to anybody. */
function show(tools: PanelTools, preferences: PreferencesTools): void {
  const place = document.createElement('div');
  place.className = 'rehearsal';
  place.inert = true;
  place.ariaHidden = 'true';
  document.body.append(place);
  const root = createRoot(place);
  const contact = rehearsed(Date.now());
  try {
    flushSync(() =>
      root.render(
        <PreferencesContext value={preferences}>
          <PanelContext value={{ ...tools, act: async () => false }}>
            <div className="contact">
              <OfferCard contact={contact} />
              <Customer contact={contact} />
            </div>
          </PanelContext>
        </PreferencesContext>,
      ),
    );
    // Asked for, it is laid out.
    place.getBoundingClientRect();
  } finally {
    flushSync(() => root.unmount());
    place.remove();
  }
  performance.mark('desk-rehearsed');
}

function rehearsed(now: number): DeskContact {
  const [interaction, number] = ['rehearsal', '+8613800138000'];
  return {
    key: interaction,
    interaction,
    state: 'offered',
    since: now,
    until: now + 20_000,
    channel: 'voice',
    offer: interaction,
    pop: {
      offer: { id: interaction, interaction, agent: interaction, at: now, deadline: now + 20_000 },
      content: {
        interaction,
        channel: 'voice',
        direction: 'in',
        from: number,
        to: number,
        language: 'en',
        enteredQueueAt: now,
        customer: { id: interaction, name: 'A 王', tags: ['VIP'] },
        path: [{ at: now, node: 'menu', type: 'menu', label: 'Cards', value: '1' }],
        variables: { account: '1' },
        earlier: [{ interaction, channel: 'voice', at: now - 86_400_000, note: '王', talkMs: 1_000 }],
      },
    },
  };
}
