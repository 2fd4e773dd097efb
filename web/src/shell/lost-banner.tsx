import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import { usePanel } from '../panel-context.ts';

export function LostBanner({ since }: { since: number }) {
  const { t, state } = usePanel();
  const gone = useNow() - since;
  return (
    <div className="lost">
      <span className="spinner" aria-hidden="true" />
      <p>
        <strong role="alert">{t('lost.title')}</strong> {t('lost.text', { time: duration(gone) })}{' '}
        {state.live?.presence === 'ready' && t('lost.after')}
      </p>
    </div>
  );
}
