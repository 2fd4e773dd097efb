import { useEffect, useState } from 'react';
import type { Language } from '../../../values/index.ts';
import { translator } from '../i18n/translate.ts';
import { PreferencesContext } from '../panel-context.ts';
import { applyPreferences, type Preferences } from '../preferences.ts';
import { isLoggedIn } from '../session.ts';
import { Login, type LoginNotice } from './login.tsx';
import { Panel } from './panel.tsx';

/** Who is here: nobody knows yet, nobody, or an agent. */
type Where = { at: 'start' } | { at: 'login'; notice?: LoginNotice | undefined } | { at: 'desk' };

export function App({ first }: { first: Preferences }) {
  const [preferences, setPreferences] = useState(first);
  const [where, setWhere] = useState<Where>({ at: 'start' });
  const t = translator(preferences.language);

  useEffect(() => {
    if (where.at !== 'start') return;
    isLoggedIn().then(
      (loggedIn) => setWhere(loggedIn ? { at: 'desk' } : { at: 'login' }),
      () => setWhere({ at: 'login', notice: 'login.unreachable' }),
    );
  }, [where.at]);

  const set = (change: Partial<Preferences>) => {
    const next = { ...preferences, ...change };
    applyPreferences(next);
    setPreferences(next);
  };
  const context = { preferences, set, t, language: preferences.language satisfies Language };
  return (
    <PreferencesContext value={context}>
      {where.at === 'start' && <p className="starting">{t('app.starting')}</p>}
      {where.at === 'login' && <Login notice={where.notice} onLogin={() => setWhere({ at: 'desk' })} />}
      {where.at === 'desk' && <Panel onLeave={(notice) => setWhere({ at: 'login', notice })} />}
    </PreferencesContext>
  );
}
