import { type FormEvent, useState } from 'react';
import type { Key } from '../i18n/translate.ts';
import { usePreferences } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { isDark } from '../preferences.ts';
import { logIn } from '../session.ts';
import { allowSound } from '../sound.ts';

export type LoginNotice = Extract<Key, `login.ended.${string}` | 'login.unreachable'>;

export function Login({ notice, onLogin }: { notice?: LoginNotice | undefined; onLogin: () => void }) {
  const { t, language, preferences, set } = usePreferences();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const dark = isDark(preferences.theme);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    allowSound();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const result = await logIn(String(form.get('login')).trim(), String(form.get('password')));
    setBusy(false);
    if (result.ok) onLogin();
    else if (typeof result.why === 'string') setProblem(t(`login.${result.why}`));
    else setProblem(t('login.failed', { reason: result.why.reason }));
  };

  return (
    <main className="login">
      <div className="login-tools">
        <button
          type="button"
          className="ghost"
          lang={language === 'en' ? 'zh-CN' : 'en'}
          onClick={() => set({ language: language === 'en' ? 'zh' : 'en' })}
        >
          {t('menu.language')}
        </button>
        <button
          type="button"
          className="ghost round"
          aria-label={t(dark ? 'menu.theme.light' : 'menu.theme.dark')}
          onClick={() => set({ theme: dark ? 'light' : 'dark' })}
        >
          <Icon name={dark ? 'sun' : 'moon'} />
        </button>
      </div>
      <form className="login-card" onSubmit={submit}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{t('login.title')}</h1>
        {notice !== undefined && problem === undefined && <p className="login-notice">{t(notice)}</p>}
        <label>
          <span>{t('login.id')}</span>
          <input name="login" autoComplete="username" required autoCapitalize="none" spellCheck={false} />
        </label>
        <label>
          <span>{t('login.password')}</span>
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className="login-problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary wide" disabled={busy}>
          {t('login.submit')}
        </button>
      </form>
      <p className="login-foot">Switchroom</p>
    </main>
  );
}
