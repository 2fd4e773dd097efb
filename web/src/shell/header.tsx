import { lazy, Suspense, useState } from 'react';
import { useAccountWords } from '../account/words.ts';
import { useNow } from '../clock.ts';
import { DialButton } from '../desk/dial-button.tsx';
import { duration, initials } from '../format.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu, MenuChoice, MenuItem } from '../parts/menu.tsx';
import { PhoneButton } from '../phone/phone-button.tsx';
import { isDark } from '../preferences.ts';
import { useQualityWords } from '../quality/words.ts';
import { type Area, hrefOf } from '../route.ts';
import type { DeskContact } from '../state/contacts.ts';
import { doingOf } from '../state/wording.ts';

// Seldom opened.
const MyDay = lazy(() => import('../quality/my-day.tsx'));
const AccountDialog = lazy(async () => ({ default: (await import('../account/account-dialog.tsx')).AccountDialog }));

export function Header({ areas, area, contacts }: { areas: Area[]; area: Area; contacts: DeskContact[] }) {
  const { t, state } = usePanel();
  return (
    <header className="header">
      <div className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>{t('app.name')}</span>
      </div>
      {state.live !== undefined && <PresenceMenu contacts={contacts} />}
      {areas.length > 1 && (
        <nav className="views" aria-label={t('menu.views')}>
          {areas.map((one) => (
            <a key={one} href={hrefOf(one)} aria-current={area === one ? 'page' : undefined}>
              {t(`view.${one}`)}
            </a>
          ))}
        </nav>
      )}
      <div className="space" />
      <DialButton />
      <PhoneButton />
      {state.today !== undefined && <TodayFigures />}
      <UserMenu busy={contacts.length > 0} />
    </header>
  );
}

function PresenceMenu({ contacts }: { contacts: DeskContact[] }) {
  const { t, language, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  const live = state.live;
  if (live === undefined) return null;
  const reasons = state.setup?.reasons ?? [];
  const { presence, reason } = live;

  const doing = doingOf(contacts);
  const known = reasons.find((one) => one.reason === reason);
  const key = `reason.${reason}`;
  const why = known !== undefined ? nameIn(language, known.name, known.reason) : isKey(key) ? t(key) : reason;
  const label = t(`presence.${presence}`);
  return (
    <Menu
      className="presence"
      label={t('presence.menu')}
      named
      face={
        <>
          <span className="hidden">{t('presence.menu')}: </span>
          <span className="dot" data-presence={presence} data-doing={doing} />
          <span className="presence-text">
            <strong>{label}</strong>
            {presence === 'not-ready' && why !== undefined && <span>{why}</span>}
            {presence === 'ready' && doing !== undefined && <span>{t(`presence.${doing}`)}</span>}
          </span>
          <time className="figures">{duration(now - live.since)}</time>
          <Icon name="down" size={16} />
        </>
      }
    >
      <MenuChoice checked={presence === 'ready'} onChoose={() => void act('ready', {})}>
        <span className="dot" data-presence="ready" />
        {t('presence.go-ready')}
        <kbd>F9</kbd>
      </MenuChoice>
      <div className="menu-title">{t('presence.go-not-ready')}</div>
      {reasons.map((one) => (
        <MenuChoice
          key={one.reason}
          checked={presence === 'not-ready' && reason === one.reason}
          onChoose={() => void act('not-ready', { reason: one.reason })}
        >
          <span className="dot" data-presence="not-ready" />
          {nameIn(language, one.name, one.reason)}
        </MenuChoice>
      ))}
    </Menu>
  );
}

function TodayFigures() {
  const { t, state } = usePanel();
  const sayDay = useQualityWords();
  const [open, setOpen] = useState(false);
  const today = state.today;
  if (today === undefined) return null;
  const { handled, missed, talkMs, wrapUpMs } = today;
  const average = handled > 0 ? duration((talkMs + wrapUpMs) / handled) : '–';
  return (
    <>
      <button type="button" className="ghost today" title={sayDay('my-day')} onClick={() => setOpen(true)}>
        <span className="hidden">{t('today.title')}</span>
        {[
          { name: t('today.handled'), value: handled },
          { name: t('today.average'), value: average },
          { name: t('today.missed'), value: missed, bad: missed > 0 },
        ].map(({ name, value, bad }) => (
          <span key={name} className="today-figure">
            <span>{name}</span>
            <strong className="figures" data-bad={bad}>
              {value}
            </strong>
          </span>
        ))}
      </button>
      {open && (
        <Suspense>
          <MyDay onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function UserMenu({ busy }: { busy: boolean }) {
  const { t, language, preferences, set, state, act, connection } = usePanel();
  const say = useAccountWords();
  const [settings, setSettings] = useState(false);
  const [notices, setNotices] = useState(() => ('Notification' in window ? Notification.permission : 'denied'));
  const me = state.setup?.me;
  if (me === undefined) return null;
  const dark = isDark(preferences.theme);
  const signOut = () => {
    if (state.live !== undefined) void act('sign-out', {});
    else connection.leave();
  };
  const menu = (
    <Menu
      className="user"
      label={`${me.name}, ${me.id}`}
      named
      face={
        <>
          <span className="badge" aria-hidden="true">
            {initials(me.name)}
          </span>
          <span className="user-name">
            <strong>{me.name}</strong>
            <span className="figures">{me.id}</span>
          </span>
          <Icon name="down" size={16} />
        </>
      }
    >
      <MenuItem onChoose={() => set({ language: language === 'en' ? 'zh' : 'en' })}>
        <Icon name="chat" />
        <span lang={language === 'en' ? 'zh-CN' : 'en'}>{t('menu.language')}</span>
      </MenuItem>
      <MenuItem onChoose={() => set({ theme: dark ? 'light' : 'dark' })}>
        <Icon name={dark ? 'sun' : 'moon'} />
        {t(dark ? 'menu.theme.light' : 'menu.theme.dark')}
      </MenuItem>
      <MenuItem onChoose={() => set({ sound: !preferences.sound })}>
        <Icon name={preferences.sound ? 'sound' : 'mute'} />
        {t(preferences.sound ? 'menu.sound.on' : 'menu.sound.off')}
      </MenuItem>
      {notices === 'default' && (
        <MenuItem onChoose={() => void Notification.requestPermission().then(setNotices)}>
          <Icon name="chat" />
          {t('menu.notify')}
        </MenuItem>
      )}
      <MenuItem onChoose={() => setSettings(true)}>
        <Icon name="person" />
        {say('settings')}
      </MenuItem>
      <div className="menu-line" />
      <MenuItem onChoose={signOut}>
        <Icon name="out" />
        {t(busy ? 'menu.sign-out-later' : 'menu.sign-out')}
      </MenuItem>
    </Menu>
  );
  return (
    <>
      {menu}
      {settings && (
        <Suspense>
          <AccountDialog onClose={() => setSettings(false)} />
        </Suspense>
      )}
    </>
  );
}
