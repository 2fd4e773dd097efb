import { useNow } from '../clock.ts';
import { duration, percent } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';

/** Live figures of her queues. */
export function QueueStrip() {
  const { t, language, state } = usePanel();
  const now = useNow();
  const queues = state.setup?.queues.filter((queue) => queue.mine) ?? [];
  if (queues.length === 0) return <p className="strip empty">{t('queues.none')}</p>;
  return (
    <ul className="strip" aria-label={t('queues.title')}>
      {queues.map((queue) => {
        const live = state.figures[queue.id];
        const waiting = live?.waiting ?? 0;
        // Figures come at changes only; the wait goes on in between.
        const longest = live === undefined ? 0 : live.longestWaitMs + Math.max(0, now - live.heardAt);
        const late = waiting > 0 && longest > queue.serviceLevelMs;
        return (
          <li key={queue.id} data-waiting={waiting > 0} data-late={late}>
            <strong>{nameIn(language, queue.name, queue.id)}</strong>
            <span className="strip-waiting">
              <b className="figures">{waiting}</b> {t('queues.waiting')}
            </span>
            {waiting > 0 && (
              <span className="strip-longest">
                {t('queues.longest')} <b className="figures">{duration(longest)}</b>
              </span>
            )}
            {live !== undefined && <span>{t('queues.free', { free: live.free, agents: live.agents })}</span>}
            {live?.today.serviceLevel !== undefined && (
              <span>
                {t('queues.level')} <b className="figures">{percent(live.today.serviceLevel)}</b>
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
