import { useEffect, useLayoutEffect, useMemo, useState } from 'react';
import type { Ending } from '../connection.ts';
import { PanelContext, type PanelTools, usePreferences } from '../panel-context.ts';
import { logOut } from '../session.ts';
import { allowSound, startRinging } from '../sound.ts';
import { contactsOf, frontOf } from '../state/contacts.ts';
import { useDesk } from '../use-desk.ts';
import { ContactCard } from './contact-card.tsx';
import { ContactTabs } from './contact-tabs.tsx';
import { Customer } from './customer.tsx';
import { Floor } from './floor.tsx';
import { Header } from './header.tsx';
import { Idle } from './idle.tsx';
import type { LoginNotice } from './login.tsx';
import { LostBanner } from './lost-banner.tsx';
import { Notices } from './notices.tsx';
import { QueueStrip } from './queue-strip.tsx';

export type View = 'desk' | 'floor';

export function Panel({ onLeave }: { onLeave: (notice: LoginNotice | undefined) => void }) {
  const { t } = usePreferences();
  const [outdated, setOutdated] = useState(false);
  const [ending, setEnding] = useState<Ending>();
  const desk = useDesk(setEnding);
  const why = desk?.state.signedOut;

  useEffect(() => {
    if (ending === undefined) return;
    if (ending === 'protocol') setOutdated(true);
    else if (ending === 'unauthenticated') onLeave('login.ended.expired');
    else {
      // The cookie may go a moment after the connection did; the login page needs it no more either way.
      void logOut()
        .catch(() => undefined)
        .then(() => onLeave(`login.ended.${ending === 'left' ? 'asked' : (why ?? 'elsewhere')}`));
    }
  }, [ending, why, onLeave]);

  if (outdated) {
    return (
      <main className="starting" role="alert">
        <p>{t('failed.reload')}</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          {t('failed.reload-button')}
        </button>
      </main>
    );
  }
  if (desk?.state.setup === undefined) return <p className="starting">{t('app.starting')}</p>;
  return (
    <PanelContext value={desk}>
      <Desk {...desk} />
    </PanelContext>
  );
}

function Desk({ state, change, act, connection }: PanelTools) {
  const { t, preferences } = usePreferences();
  const contacts = useMemo(() => contactsOf(state), [state]);
  const front = frontOf(state, contacts);
  const worker = state.live !== undefined;
  const watcher = state.setup?.me.roles.some((role) => role !== 'agent') ?? false;
  const [view, setView] = useState<View>(worker ? 'desk' : 'floor');
  const offers = contacts.filter((contact) => contact.state === 'offered');
  const open = state.link.is === 'open';

  // The pop is in the page and painted with its next frame: the phone may ring. Once per offer and connection.
  const popKeys = offers.flatMap((contact) => (contact.pop === undefined ? [] : [contact.pop.offer.id])).join(' ');
  useLayoutEffect(() => {
    if (!open || popKeys === '') return;
    // An offer that ended meanwhile, or a lost connection: nobody waits for this acknowledgement then.
    for (const offer of popKeys.split(' ')) connection.do('pop-shown', { offer }).catch(() => undefined);
  }, [popKeys, open, connection]);

  const ringing = offers.length > 0 && preferences.sound;
  useEffect(() => (ringing ? startRinging() : undefined), [ringing]);
  useEffect(() => {
    document.addEventListener('pointerdown', allowSound, { once: true });
    document.addEventListener('keydown', allowSound, { once: true });
    return () => {
      document.removeEventListener('pointerdown', allowSound);
      document.removeEventListener('keydown', allowSound);
    };
  }, []);

  const first = offers[0];
  const caller = first?.pop?.content.customer?.name ?? first?.pop?.content.from;
  useEffect(() => {
    document.title = first === undefined ? t('app.name') : `● ${caller ?? t('contact.unknown')} · ${t('app.name')}`;
  }, [first, caller, t]);

  // The supervisor's live view is asked for again after each lost connection.
  useEffect(() => {
    if (view !== 'floor' || !open) return;
    connection.do('watch', { on: true }).then(
      (floor) => change({ on: 'floor', floor, now: Date.now() }),
      () => undefined,
    );
    return () => {
      connection.do('watch', { on: false }).catch(() => undefined);
      change({ on: 'floor', floor: undefined, now: Date.now() });
    };
  }, [view, open, connection, change]);

  // An offer is never hidden behind another view.
  useEffect(() => {
    if (popKeys !== '') setView('desk');
  }, [popKeys]);

  const presence = state.live?.presence;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'F9' || presence === undefined || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      const reason = state.setup?.reasons[0]?.reason;
      if (presence !== 'ready') void act('ready', {});
      else if (reason !== undefined) void act('not-ready', { reason });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [presence, state.setup, act]);

  return (
    <div className="panel" data-link={state.link.is}>
      <Header view={view} onView={watcher && worker ? setView : undefined} contacts={contacts} />
      {state.link.is === 'lost' && <LostBanner since={state.link.since} />}
      {worker && view === 'desk' && <QueueStrip />}
      {view === 'floor' ? (
        <Floor />
      ) : (
        <main className="desk">
          {contacts.length > 1 && <ContactTabs contacts={contacts} front={front} />}
          {front === undefined ? (
            <Idle />
          ) : (
            <div className="contact" key={front.key}>
              <ContactCard contact={front} />
              <Customer contact={front} />
            </div>
          )}
        </main>
      )}
      <Notices />
      <p className="hidden" role="status" aria-live="assertive">
        {first !== undefined && t('offer.announce', { name: caller ?? t('contact.unknown'), queue: first.queue ?? '' })}
      </p>
    </div>
  );
}
