import { useEffect, useState } from 'react';
import type { Language } from '../../../values/index.ts';
import { SecondFactorSetUp } from '../account/second-factor-set-up.tsx';
import { useAccountWords } from '../account/words.ts';
import { translator } from '../i18n/translate.ts';
import { PreferencesContext } from '../panel-context.ts';
import { applyPreferences, type Preferences } from '../preferences.ts';
import { forgetSession } from '../rest.ts';
import { readSession, type Session } from '../session.ts';
import { Login, type LoginNotice } from './login.tsx';
import { LoginPage } from './login-page.tsx';
import { Panel } from './panel.tsx';

/** Who is here: nobody knows yet, nobody, somebody who must set up a second factor first, or an agent. */
type Where =
  | { at: 'start' }
  | { at: 'login'; notice?: LoginNotice | undefined }
  | { at: 'enrol'; password?: string | undefined }
  | { at: 'desk' };

export function App({ first }: { first: Preferences }) {
  const [preferences, setPreferences] = useState(first);
  const [where, setWhere] = useState<Where>({ at: 'start' });
  const t = translator(preferences.language);

  const enter = (session: Session, password?: string) =>
    setWhere(session.needs === 'second-factor' ? { at: 'enrol', password } : { at: 'desk' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `enter` only sets state
  useEffect(() => {
    if (where.at !== 'start') return;
    readSession().then(
      (session) => (session === undefined ? setWhere({ at: 'login' }) : enter(session)),
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
      {where.at === 'login' && (
        <Login
          notice={where.notice}
          onLogin={(session, password) => {
            forgetSession();
            if (location.search !== '') history.replaceState(null, '', `${location.pathname}${location.hash}`);
            enter(session, password);
          }}
        />
      )}
      {where.at === 'enrol' && <Enrol password={where.password} onDone={() => setWhere({ at: 'desk' })} />}
      {where.at === 'desk' && <Panel onLeave={(notice) => setWhere({ at: 'login', notice })} />}
    </PreferencesContext>
  );
}

function Enrol({ password, onDone }: { password: string | undefined; onDone: () => void }) {
  const say = useAccountWords();
  return (
    <LoginPage>
      <section className="login-card" aria-label={say('enrol.title')}>
        <h1>{say('enrol.title')}</h1>
        <p>{say('enrol.why')}</p>
        <SecondFactorSetUp password={password} onDone={onDone} />
      </section>
    </LoginPage>
  );
}
