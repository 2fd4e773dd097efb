// The site's day, for figures since midnight.
import type { Millis } from '../../values/index.ts';

/**
 * Local midnight at or before a time.
 * @param timeZone IANA name
 */
export function startOfDay(at: Millis, timeZone: string): Millis {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const sinceMidnight = (time: Millis) => {
    const [hours = 0, minutes = 0, seconds = 0] = clock.format(time).split(':').map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000;
  };
  const second = at - (((at % 1000) + 1000) % 1000);
  const guess = second - sinceMidnight(second);
  // Where the clocks changed since midnight the guess is off by that change: late on the day before, or after midnight.
  const off = sinceMidnight(guess);
  return off > 43_200_000 ? guess + (86_400_000 - off) : guess - off;
}
