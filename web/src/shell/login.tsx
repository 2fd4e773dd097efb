import { type FormEvent, useEffect, useState } from 'react';
import { accountWords, useAccountWords } from '../account/words.ts';
import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import type { Key } from '../i18n/translate.ts';
import { usePreferences } from '../panel-context.ts';
import { type Credentials, type LoginResult, type LoginWays, logIn, loginWays, type Session } from '../session.ts';
import { allowSound } from '../sound.ts';
import { LoginPage } from './login-page.tsx';

export type LoginNotice = Extract<Key, `login.ended.${string}` | 'login.unreachable'>;

export interface LoginProps {
  notice?: LoginNotice | undefined;
  /** @param password what she typed: setting up a second factor asks for it */
  onLogin: (session: Session, password: string) => void;
}

/** Password, then the code where one is asked for; or single sign-on. */
export function Login({ notice, onLogin }: LoginProps) {
  const { t } = usePreferences();
  const say = useAccountWords();
  const now = useNow();
  const [ways, setWays] = useState<LoginWays>();
  const [given, setGiven] = useState<Credentials>();
  const [result, setResult] = useState<Exclude<LoginResult, { ok: true }>>();
  const [lockedUntil, setLockedUntil] = useState(0);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(takeRefusal);
  const asksCode = given !== undefined;

  useEffect(() => {
    // Without an answer there is the password, and the next request says what is wrong with the server.
    loginWays().then(setWays, () => undefined);
  }, []);

  const send = async (credentials: Credentials) => {
    setBusy(true);
    setRefused(undefined);
    const answer = await logIn(credentials);
    setBusy(false);
    if (answer.ok) return onLogin(answer.session, credentials.password);
    setResult(answer);
    if (answer.why === 'locked') setLockedUntil(Date.now() + answer.seconds * 1_000);
    const { login, password } = credentials;
    if (answer.why === 'code-needed') setGiven({ login, password });
    else if (answer.why === 'wrong') setGiven(undefined);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    allowSound();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    if (asksCode) void send({ ...given, code: text('code').replace(/\s/g, '') });
    else void send({ login: text('login').trim(), password: text('password') });
  };
  const problem = (): string | undefined => {
    if (result === undefined) return undefined;
    switch (result.why) {
      case 'code-needed':
        return undefined;
      case 'code-wrong':
        return say('code-wrong');
      case 'locked':
        return lockedUntil > now ? say('locked', { time: duration(lockedUntil - now + 999) }) : undefined;
      case 'other':
        return t('login.failed', { reason: result.reason });
      default:
        return t(`login.${result.why}`);
    }
  };
  const said = problem() ?? (refused === undefined ? undefined : say(refused));
  return (
    <LoginPage>
      <form className="login-card" onSubmit={submit}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{t('login.title')}</h1>
        {notice !== undefined && said === undefined && !asksCode && <p className="login-notice">{t(notice)}</p>}
        {asksCode ? (
          <label key="code">
            <span>{say('code')}</span>
            <input
              name="code"
              autoComplete="one-time-code"
              required
              minLength={6}
              maxLength={40}
              spellCheck={false}
              autoCapitalize="characters"
              ref={(input) => input?.focus()}
            />
            <small className="muted">{say('code-hint')}</small>
          </label>
        ) : (
          <>
            <label>
              <span>{t('login.id')}</span>
              <input name="login" autoComplete="username" required autoCapitalize="none" spellCheck={false} />
            </label>
            <label>
              <span>{t('login.password')}</span>
              <input name="password" type="password" autoComplete="current-password" required />
              {ways?.ldap === true && <small className="muted">{say('ldap-hint')}</small>}
            </label>
          </>
        )}
        <p className="login-problem" role="alert">
          {said}
        </p>
        <button type="submit" className="primary wide" disabled={busy || lockedUntil > now}>
          {asksCode ? say('go') : t('login.submit')}
        </button>
        {asksCode && (
          <button
            type="button"
            className="ghost wide"
            onClick={() => {
              setGiven(undefined);
              setResult(undefined);
            }}
          >
            {say('back')}
          </button>
        )}
        {!asksCode && ways?.oidc !== undefined && (
          <>
            <p className="login-or muted">{say('or')}</p>
            <a className="button secondary wide" href={ways.oidc.path}>
              {ways.oidc.label}
            </a>
          </>
        )}
      </form>
    </LoginPage>
  );
}

type Refusal = Extract<keyof typeof accountWords.en, `sign-on.${string}`>;

/** What single sign-on ended with, once: a reload does not say it again. */
function takeRefusal(): Refusal | undefined {
  const code = new URLSearchParams(location.search).get('login');
  if (code === null) return undefined;
  const key = `sign-on.${code}`;
  return Object.hasOwn(accountWords.en, key) ? (key as Refusal) : 'sign-on.other';
}
