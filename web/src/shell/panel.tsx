import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import type { Ending } from '../connection.ts';
import { ContactCard } from '../desk/contact-card.tsx';
import { ContactTabs } from '../desk/contact-tabs.tsx';
import { Customer } from '../desk/customer.tsx';
import { Idle } from '../desk/idle.tsx';
import { Parked } from '../desk/parked.tsx';
import { QueueStrip } from '../desk/queue-strip.tsx';
import { useRehearsal } from '../desk/rehearsal.tsx';
import { useEmbed } from '../embed/use-embed.ts';
import { PanelContext, type PanelTools, usePreferences } from '../panel-context.ts';
import { Boundary } from '../parts/boundary.tsx';
import { PhoneProvider } from '../phone/phone-provider.tsx';
import { RingingLines } from '../phone/ringing-lines.tsx';
import { forgetSession } from '../rest.ts';
import { type Area, goTo, useRoute } from '../route.ts';
import { logOut } from '../session.ts';
import { allowSound, startRinging } from '../sound.ts';
import { contactsOf, frontOf } from '../state/contacts.ts';
import { digitalAddress, nameOf } from '../state/names.ts';
import { ringingLines } from '../state/ringing.ts';
import { contactWord } from '../state/wording.ts';
import { useDesk } from '../use-desk.ts';
import { useAcknowledgedPops } from './acknowledge-pops.ts';
import { Header } from './header.tsx';
import type { LoginNotice } from './login.tsx';
import { LostBanner } from './lost-banner.tsx';
import { Notices } from './notices.tsx';
import { useNotification } from './use-notification.ts';

// Agents load neither.
const FloorArea = lazy(() => import('../floor/floor-area.tsx'));
const AdminArea = lazy(() => import('../admin/admin-area.tsx'));
// Where the site has channels for it.
const WorkArea = lazy(() => import('../work/work-area.tsx'));

export function Panel({ onLeave }: { onLeave: (notice: LoginNotice | undefined) => void }) {
  const { t } = usePreferences();
  const [outdated, setOutdated] = useState(false);
  const [ending, setEnding] = useState<Ending>();
  const desk = useDesk(setEnding);
  const why = desk?.state.signedOut;

  useEffect(() => {
    if (ending === undefined) return;
    forgetSession();
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
  const { me } = desk.state.setup;
  // Who takes no contacts is never signed in, and has her phone nevertheless: it rings for a talk that she listens to.
  const hasPhone = me.phone === 'panel' && (desk.state.live !== undefined || !me.roles.includes('agent'));
  return (
    <PanelContext value={desk}>
      {hasPhone ? (
        <PhoneProvider>
          <Boundary of="desk">
            <Desk {...desk} />
          </Boundary>
        </PhoneProvider>
      ) : (
        <Boundary of="desk">
          <Desk {...desk} />
        </Boundary>
      )}
    </PanelContext>
  );
}

function Desk(tools: PanelTools) {
  const { state, act, connection } = tools;
  const { t, preferences } = usePreferences();
  const contacts = useMemo(() => contactsOf(state), [state]);
  const front = frontOf(state, contacts);
  useEmbed(contacts);
  const worker = state.live !== undefined;
  const roles = state.setup?.me.roles ?? [];
  const mine: Area[] = [
    ...(worker ? ['desk' as const] : []),
    ...(state.setup?.written === undefined ? [] : ['work' as const]),
    ...(roles.some((role) => role !== 'agent') ? ['floor' as const] : []),
    ...(roles.includes('admin') ? ['admin' as const] : []),
  ];
  const route = useRoute();
  const area = mine.find((one) => one === route.area) ?? mine[0] ?? 'desk';
  const offers = contacts.filter((contact) => contact.state === 'offered');
  const open = state.link.is === 'open';

  useAcknowledgedPops(offers, front, open, connection);
  useRehearsal(tools, worker && open && contacts.length === 0);
  const popKeys = offers.flatMap((contact) => (contact.pop === undefined ? [] : [contact.pop.offer.id])).join(' ');

  const rings = state.phone?.lines.some((line) => line.state === 'ringing') ?? false;
  const ringing = (offers.length > 0 || rings) && preferences.sound;
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
  const written = first !== undefined && first.channel !== 'voice';
  const content = first?.pop?.content;
  const caller = nameOf(content) ?? (written ? digitalAddress(content) : content?.from) ?? t('contact.unknown');
  const offered = first !== undefined;
  const lines = ringingLines(state);
  useNotification(
    first !== undefined && popKeys !== ''
      ? {
          key: popKeys,
          title: written ? t(contactWord(first)) : t('offer.title'),
          body: [caller, first.pop?.words?.at(-1)?.text].filter(Boolean).join('\n'),
          language: preferences.language,
        }
      : lines[0] !== undefined
        ? {
            key: lines.map(({ line }) => line).join(' '),
            title: t('offer.title'),
            body: lines[0].name ?? lines[0].from ?? t('contact.unknown'),
            language: preferences.language,
          }
        : undefined,
  );
  useEffect(() => {
    document.title = offered ? `● ${caller} · ${t('app.name')}` : t('app.name');
  }, [offered, caller, t]);

  // An offer is never hidden behind another view.
  useEffect(() => {
    if (popKeys !== '') goTo('desk');
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
      <Header areas={mine} area={area} contacts={contacts} />
      {state.link.is === 'lost' && <LostBanner since={state.link.since} />}
      {area === 'desk' && worker && <QueueStrip />}
      <Parked />
      <RingingLines />
      {area !== 'desk' ? (
        <Boundary of={[area, ...route.path].join('/')}>
          <Suspense fallback={<p className="starting">{t('app.loading')}</p>}>
            {area === 'work' ? (
              <WorkArea path={route.path} />
            ) : area === 'floor' ? (
              <FloorArea path={route.path} />
            ) : (
              <AdminArea path={route.path} />
            )}
          </Suspense>
        </Boundary>
      ) : (
        <main className="desk">
          {contacts.length > 1 && <ContactTabs contacts={contacts} front={front} />}
          {front === undefined ? (
            <Idle />
          ) : (
            <div className="contact" key={front.key} data-digital={front.conversation !== undefined}>
              <Boundary of={front.key}>
                <ContactCard contact={front} />
              </Boundary>
              <Boundary of={front.key}>
                <Customer contact={front} />
              </Boundary>
            </div>
          )}
        </main>
      )}
      <Notices />
      <p className="hidden" role="status" aria-live="assertive">
        {first !== undefined &&
          t(written ? 'offer.written.announce' : 'offer.announce', { name: caller, queue: first.queue ?? '' })}
      </p>
    </div>
  );
}
