import { useNow } from '../clock.ts';
import { duration, phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { hrefOf } from '../route.ts';
import type { CallView } from '../state/state.ts';
import { type FloorWord, useFloorWords } from './words.ts';

const modes = ['listen', 'whisper', 'barge'] as const;

/** Calls of this moment, and the supervisor's way into them. */
export function CallTable() {
  const { language, state, act } = usePanel();
  const say = useFloorWords();
  const now = useNow() + state.clockOffset;
  const calls = Object.values(state.floor?.calls ?? {}).sort((a, b) => a.startedAt - b.startedAt);
  const me = state.setup?.me;
  const mayEnter = me !== undefined && me.phone !== 'none';
  /** How she is in that call at this moment. */
  const mine = (call: CallView) => call.parties?.find((party) => party.as === 'monitor' && party.agent === me?.id);
  if (calls.length === 0) return null;
  return (
    <section className="card" aria-label={say('calls')}>
      <header className="card-head">
        <h2>{say('calls')}</h2>
        <span className="muted figures">{calls.length}</span>
      </header>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              {(['from', 'queue', 'agent'] as const).map((column) => (
                <th key={column} scope="col">
                  {say(`column.${column}`)}
                </th>
              ))}
              <th scope="col">{say('state')}</th>
              <th scope="col" className="number">
                {say('since')}
              </th>
              <th scope="col">{say('supervise')}</th>
            </tr>
          </thead>
          <tbody>
            {calls.map((call) => {
              const inside = mine(call);
              const queue = state.floor?.queues.find((one) => one.id === call.queue);
              const talking = ['talking', 'held', 'consulting', 'conference'].includes(call.phase);
              const { interaction } = call;
              return (
                <tr key={interaction}>
                  <th scope="row">
                    <a href={hrefOf('floor', 'contacts', interaction)}>
                      {call.from === undefined ? say('withheld') : phone(call.from)}
                    </a>
                  </th>
                  <td>{call.queue === undefined ? '–' : nameIn(language, queue?.name ?? {}, call.queue)}</td>
                  <td>{call.agent === undefined ? '–' : (state.floor?.agents[call.agent]?.name ?? call.agent)}</td>
                  <td>{say(`phase.${call.phase}` as FloorWord)}</td>
                  <td className="number">{duration(now - call.since)}</td>
                  <td className="supervise">
                    {talking &&
                      call.agent !== me?.id &&
                      modes.map((mode) => (
                        <button
                          key={mode}
                          type="button"
                          className="secondary small"
                          aria-pressed={inside?.mode === mode}
                          disabled={!mayEnter}
                          title={mayEnter ? undefined : say('no-phone')}
                          onClick={() => void act('monitor', { interaction, mode })}
                        >
                          {say(`mode.${mode}`)}
                        </button>
                      ))}
                    {inside !== undefined && (
                      <>
                        <button
                          type="button"
                          className="quiet-danger small"
                          onClick={() => void act('take-over', { interaction })}
                        >
                          {say('take-over')}
                        </button>
                        <button
                          type="button"
                          className="ghost small"
                          onClick={() => void act('unmonitor', { interaction })}
                        >
                          {say('unmonitor')}
                        </button>
                      </>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
