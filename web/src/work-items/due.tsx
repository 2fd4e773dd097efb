import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { span } from '../work/span.ts';
import { useMinute } from '../work/use-minute.ts';
import type { WorkItem } from './types.ts';
import { useWorkItemWords } from './words.ts';

/** Less than that is left: it stands out. */
const soonMs = 3_600_000;

/** How long there is until the agreed time, or how late it is. */
export function Due({ item }: { item: WorkItem }) {
  const { language, state } = usePanel();
  const say = useWorkItemWords();
  const now = useMinute() + state.clockOffset;
  const { due, leftMs, solvedAt } = item;
  const at = (time: number) => dateTime(time, now, language, state.setup?.site.timeZone ?? 'UTC');
  if (item.state === 'solved' || item.state === 'closed')
    return <span className="work-due muted">{say('solved.at', { time: at(solvedAt ?? item.changedAt) })}</span>;
  if (item.state === 'pending')
    return (
      <span
        className="work-due muted"
        title={item.until === undefined ? undefined : say('wakes.at', { time: at(item.until) })}
      >
        {say('paused', { time: span(leftMs ?? 0, language) })}
      </span>
    );
  const left = due - now;
  const how = left < 0 ? 'late' : left < soonMs ? 'soon' : 'left';
  return (
    <time className="work-due figures" data-due={how} dateTime={new Date(due).toISOString()} title={at(due)}>
      {say(left < 0 ? 'late' : 'left', { time: span(Math.abs(left), language) })}
    </time>
  );
}
