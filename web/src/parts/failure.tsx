import { usePreferences } from '../panel-context.ts';
import type { RestFailed } from '../rest.ts';

/** What the server said no with; nothing where it did not. */
export function Failure({ of, onRetry }: { of: RestFailed | undefined; onRetry?: () => void }) {
  const { t } = usePreferences();
  if (of === undefined) return null;
  return (
    <p className="failure" role="alert">
      <span>{of.status === 0 ? t('failed.unreachable') : of.message}</span>
      {onRetry !== undefined && (
        <button type="button" className="secondary small" onClick={onRetry}>
          {t('failed.again')}
        </button>
      )}
    </p>
  );
}
