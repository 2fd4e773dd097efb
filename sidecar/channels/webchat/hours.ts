// Whether people answer now. Pure.
import type { WebchatSettings } from './settings.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof days)[number];

/** Without hours it is always open. A span ends before its last minute. */
export function isOpen(hours: WebchatSettings['hours'], now: number): boolean {
  if (hours === undefined) return true;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: hours.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  const day = part('weekday').toLowerCase() as Day;
  const time = `${part('hour')}:${part('minute')}`;
  return (hours.days[day] ?? []).some((span) => {
    const [from = '', to = ''] = span.split('-');
    return from <= time && time < to;
  });
}
