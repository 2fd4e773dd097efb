import type { ReactNode } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { isDark } from '../preferences.ts';

/** The page before there is a desk: a card in the middle, language and colours at the top. */
export function LoginPage({ children }: { children: ReactNode }) {
  const { t, language, preferences, set } = usePreferences();
  const dark = isDark(preferences.theme);
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
      {children}
      <p className="login-foot">Switchroom</p>
    </main>
  );
}
