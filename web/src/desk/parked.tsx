import { useNow } from '../clock.ts';
import { duration, phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';

/** Calls that wait at a slot for anybody to take them. */
export function Parked() {
  const { t, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  if (state.parked.length === 0) return null;
  return (
    <ul className="strip parked" aria-label={t('parked.title')}>
      {state.parked.map((call) => (
        <li key={call.interaction}>
          <Icon name="park" size={16} />
          <strong>{call.slot}</strong>
          <span>{call.from === undefined ? t('contact.withheld') : phone(call.from)}</span>
          <span>{t('parked.left', { time: duration(Math.max(0, call.until - now)) })}</span>
          <button type="button" className="secondary small" onClick={() => void act('unpark', { slot: call.slot })}>
            {t('parked.take')}
          </button>
        </li>
      ))}
    </ul>
  );
}
