// Queues at this moment: what stands out by its thresholds is said in words, a mark and a colour.
import './wallboard.css';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useNow } from '../../clock.ts';
import { duration, percent } from '../../format.ts';
import { nameIn } from '../../i18n/translate.ts';
import { usePanel } from '../../panel-context.ts';
import { Icon } from '../../parts/icon.tsx';
import { soundAlarm } from '../../sound.ts';
import type { QueueCard } from '../../state/state.ts';
import { useFloorWords } from '../words.ts';
import { type Level, type Levels, levelsOf, watched, worstOf } from './levels.ts';
import { ThresholdsDialog } from './thresholds-dialog.tsx';

const columns = ['waiting', 'longest', 'expected', 'free', 'offered', 'answered', 'abandoned', 'level', 'asa'] as const;
const soundKey = 'switchroom.wallboard.sound';

export function QueueTable() {
  const { language, state } = usePanel();
  const say = useFloorWords();
  const now = useNow();
  const [adjusted, setAdjusted] = useState<string>();
  const [sound, setSound] = useState(() => localStorage.getItem(soundKey) === 'on');
  const optional = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms));
  const rows = (state.floor?.queues ?? []).map((before) => {
    // The set-up tells changes of a queue while the floor is watched.
    const queue = state.setup?.queues.find(({ id }) => id === before.id) ?? before;
    const live = state.figures[queue.id];
    const waiting = live?.waiting ?? 0;
    const longestWaitMs =
      live === undefined || waiting === 0 ? 0 : live.longestWaitMs + Math.max(0, now - live.heardAt);
    const levels = levelsOf(queue, { waiting, longestWaitMs, serviceLevel: live?.today.serviceLevel });
    return { queue, live, waiting, longestWaitMs, levels, worst: worstOf(levels) };
  });
  const nameOf = (queue: QueueCard) => nameIn(language, queue.name, queue.id);
  const alarmed = rows.filter(({ worst }) => worst === 'alarm').map(({ queue }) => queue);
  useAlarmSound(
    sound,
    alarmed.map(({ id }) => id),
  );
  const adjusting = rows.find(({ queue }) => queue.id === adjusted)?.queue;
  return (
    <section className="card" aria-label={say('queues')}>
      <header className="card-head">
        <h2>{say('queues')}</h2>
        {/* Numbers that change every second are not part of it: it is read aloud when queues come and go. */}
        <p className="alarms" role="status" data-any={alarmed.length > 0}>
          {alarmed.length > 0 && (
            <>
              <Mark level="alarm" /> {say('alarms', { queues: alarmed.map(nameOf).join(', ') })}
            </>
          )}
        </p>
        <label className="check">
          <input
            type="checkbox"
            checked={sound}
            onChange={(event) => {
              setSound(event.target.checked);
              localStorage.setItem(soundKey, event.target.checked ? 'on' : 'off');
            }}
          />
          {say('alarm-sound')}
        </label>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section className="scroll" aria-label={say('queues')} tabIndex={0}>
        <table className="queue-table">
          <thead>
            <tr>
              <th scope="col">{say('queue')}</th>
              <th scope="col">{say('state')}</th>
              {columns.map((column) => (
                <th key={column} scope="col" className="number">
                  {say(column)}
                </th>
              ))}
              <th scope="col">
                <span className="hidden">{say('thresholds')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ queue, live, waiting, longestWaitMs, levels, worst }) => (
              <tr key={queue.id} data-level={worst}>
                <th scope="row">{nameOf(queue)}</th>
                <td>
                  <Standing levels={levels} worst={worst} />
                </td>
                <Figure level={levels.waiting} big>
                  {waiting}
                </Figure>
                <Figure level={levels.longestWaitMs}>{waiting > 0 ? duration(longestWaitMs) : '–'}</Figure>
                <Figure>{optional(live?.expectedWaitMs)}</Figure>
                <Figure>
                  {live?.free ?? 0} / {live?.agents ?? 0}
                </Figure>
                <Figure>{live?.today.offered ?? 0}</Figure>
                <Figure>{live?.today.answered ?? 0}</Figure>
                <Figure>{live?.today.abandoned ?? 0}</Figure>
                <Figure level={levels.serviceLevel}>{percent(live?.today.serviceLevel)}</Figure>
                <Figure>{optional(live?.today.averageAnswerMs)}</Figure>
                <td>
                  {queue.adjustable && (
                    <button
                      type="button"
                      className="ghost round small"
                      aria-label={say('thresholds-of', { queue: nameOf(queue) })}
                      title={say('thresholds')}
                      onClick={() => setAdjusted(queue.id)}
                    >
                      <Icon name="bell" size={16} />
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {adjusting !== undefined && (
        <ThresholdsDialog queue={adjusting} name={nameOf(adjusting)} onClose={() => setAdjusted(undefined)} />
      )}
    </section>
  );
}

function Figure({ level, big, children }: { level?: Level | undefined; big?: boolean; children: ReactNode }) {
  return (
    <td className={big ? 'number big' : 'number'} data-level={level}>
      {level !== undefined && <Mark level={level} />}
      {children}
    </td>
  );
}

/** A triangle or a square, so that the two differ without colours. */
function Mark({ level }: { level: Level }) {
  return (
    <span className="level-mark" data-level={level} aria-hidden="true">
      {level === 'alarm' ? '■' : '▲'}
    </span>
  );
}

function Standing({ levels, worst }: { levels: Levels; worst: Level | undefined }) {
  const say = useFloorWords();
  if (worst === undefined) return <span className="muted">{say('level.ok')}</span>;
  const why = watched.filter((figure) => levels[figure] === worst).map((figure) => say(`watched.${figure}`));
  return (
    <span className="standing" data-level={worst}>
      <Mark level={worst} /> {say(`level.${worst}`)}: {why.join(', ')}
    </span>
  );
}

/** Sounds when a queue gets into alarm that was not in it before. */
function useAlarmSound(on: boolean, alarmed: string[]): void {
  const before = useRef<Set<string>>(new Set());
  const now = alarmed.join(' ');
  useEffect(() => {
    const queues = now === '' ? [] : now.split(' ');
    if (on && queues.some((queue) => !before.current.has(queue))) soundAlarm();
    before.current = new Set(queues);
  }, [on, now]);
}
