import { useNow } from '../clock.ts';
import { duration, phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { CallView } from '../state/state.ts';

type Party = NonNullable<CallView['parties']>[number];

/** Who is in the call besides customer and agent, and what can be done about them. */
export function Parties({ call }: { call: CallView }) {
  const { t, language, state, act } = usePanel();
  const now = useNow() + state.clockOffset;
  const { interaction, parties = [], phase } = call;
  if (parties.length === 0) return null;
  const nameOf = (party: Party) => {
    if (party.kind === 'queue') {
      return nameIn(language, state.setup?.queues.find((one) => one.id === party.to)?.name ?? {}, party.to);
    }
    const agent = party.agent ?? (party.kind === 'agent' ? party.to : undefined);
    return agent === undefined ? phone(party.to) : (state.colleagues.find((one) => one.id === agent)?.name ?? agent);
  };
  const consulted = parties.find((party) => party.as === 'consult' && party.state !== 'in');
  const answered = consulted !== undefined && consulted.state !== 'calling';
  // With the customer again by a swap: whom she asked waits, and she may go back.
  const swapped = phase === 'talking' && consulted !== undefined;
  return (
    <section className="parties" aria-label={t('parties.title')}>
      <ul>
        {parties.map((party) => (
          <li key={party.party}>
            <Icon name={party.as === 'monitor' ? 'headset' : 'person'} size={18} />
            <strong>{nameOf(party)}</strong>
            <span className="muted">
              {party.as === 'monitor' ? t(`monitor.${party.mode ?? 'listen'}`) : t(`party.${party.state}`)}
            </span>
            <time className="figures muted">{duration(now - party.since)}</time>
            {party.as !== 'monitor' && (
              <button
                type="button"
                className="ghost round small"
                aria-label={t('party.drop', { name: nameOf(party) })}
                onClick={() => void act('drop', { interaction, party: party.party })}
              >
                <Icon name="close" size={16} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {(phase === 'consulting' || swapped) && (
        <div className="parties-keys">
          {answered && (
            <>
              <button type="button" className="secondary" onClick={() => void act('swap', { interaction })}>
                {t('consult.swap')}
              </button>
              <button type="button" className="secondary" onClick={() => void act('merge', { interaction })}>
                {t('consult.merge')}
              </button>
            </>
          )}
          <button type="button" className="primary" onClick={() => void act('complete', { interaction })}>
            {t('consult.complete')}
          </button>
          {!swapped && (
            <button type="button" className="secondary" onClick={() => void act('retract', { interaction })}>
              {t('consult.retract')}
            </button>
          )}
        </div>
      )}
      {phase === 'conference' && (
        <div className="parties-keys">
          <button type="button" className="secondary" onClick={() => void act('leave', { interaction })}>
            {t('conference.leave')}
          </button>
        </div>
      )}
    </section>
  );
}
