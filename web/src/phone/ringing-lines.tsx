// Calls that ring at her phone and are no offers: a colleague's call, a consultation, a call that she placed herself.
import { phone as shownNumber } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { ringingLines } from '../state/ringing.ts';

export function RingingLines() {
  const { t, state, act } = usePanel();
  const lines = ringingLines(state);
  if (lines.length === 0) return null;
  return (
    <section className="lines" aria-label={t('phone.ringing')}>
      {lines.map((line) => {
        const asked = Object.values(state.asked).find((one) => one.content.interaction === line.interaction);
        const customer = asked?.content.customer?.name ?? asked?.content.from;
        return (
          <div key={line.line} className="card line">
            <Icon name="phone" />
            <p>
              <strong>{line.name ?? (line.from === undefined ? t('contact.unknown') : shownNumber(line.from))}</strong>
              {asked !== undefined && (
                <span className="muted">
                  {t(`asked.${asked.as}`, { by: asked.by ?? '', name: customer ?? t('contact.unknown') })}
                </span>
              )}
            </p>
            <button type="button" className="answer" onClick={() => void act('phone-answer', { line: line.line })}>
              {t('offer.answer')}
            </button>
            <button
              type="button"
              className="quiet-danger"
              onClick={() => void act('phone-decline', { line: line.line })}
            >
              {t('offer.decline')}
            </button>
          </div>
        );
      })}
    </section>
  );
}
