import { usePanel } from '../panel-context.ts';

export function Idle() {
  const { t, state, act } = usePanel();
  if (state.live === undefined) return <p className="idle">{t('idle.watch')}</p>;
  const ready = state.live.presence === 'ready';
  return (
    <section className="idle" data-ready={ready}>
      <svg className="idle-picture" viewBox="0 0 120 120" aria-hidden="true">
        <circle cx="60" cy="60" r="56" className="idle-ring outer" />
        <circle cx="60" cy="60" r="42" className="idle-ring" />
        <path d="M42 62v-4a18 18 0 0 1 36 0v4M42 60h-3a4 4 0 0 0-4 4v6a4 4 0 0 0 4 4h3V60ZM78 60h3a4 4 0 0 1 4 4v6a4 4 0 0 1-4 4h-3V60ZM80 74v2a8 8 0 0 1-8 8h-7" />
      </svg>
      <h1>{t(ready ? 'idle.ready' : 'idle.not-ready')}</h1>
      <p>{t(ready ? 'idle.ready-text' : 'idle.not-ready-text')}</p>
      {!ready && (
        <button type="button" className="primary" aria-keyshortcuts="F9" onClick={() => void act('ready', {})}>
          {t('idle.go')} <kbd>F9</kbd>
        </button>
      )}
    </section>
  );
}
