// When a moment must not act: caps, quiet hours, her own word. Pure; the hour is the site's.
import { agreedTo, type Consent } from '../customers/index.ts';
import { type Action, reachesOut } from './schema.ts';

export interface RestraintRules {
  /** How often a customer is reached out to in 24 hours, by all moments together. */
  mostPerDay: number;
  /** Hours of the site in which nobody is written to or called: minutes since midnight; may go over midnight. */
  quiet?: { from: number; until: number } | undefined;
  timeZone: string;
  /** Purposes for which she must have agreed; for others it is enough that she did not refuse. */
  consentNeeded: readonly string[];
}

export type Restraint =
  | 'again'
  | 'outranked'
  | 'too-late'
  | 'cap'
  | 'quiet-hours'
  | 'no-consent'
  | 'opted-out'
  | 'not-there';

export const dayMs = 86_400_000;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes since midnight there. @param timeZone IANA */
function minuteOfDay(at: number, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    clocks.set(timeZone, clock);
  }
  const [hour = 0, minute = 0] = clock.format(at).split(':').map(Number);
  return hour * 60 + minute;
}

/** When the quiet hours that hold now end; undefined: they do not hold. */
export function quietUntil(now: number, { quiet, timeZone }: RestraintRules): number | undefined {
  if (quiet === undefined || quiet.from === quiet.until) return undefined;
  const minute = minuteOfDay(now, timeZone);
  const within =
    quiet.from < quiet.until
      ? minute >= quiet.from && minute < quiet.until
      : minute >= quiet.from || minute < quiet.until;
  if (!within) return undefined;
  const minutes = (quiet.until - minute + 1_440) % 1_440;
  return now - (now % 60_000) + minutes * 60_000;
}

/** When the quiet hours begin the next time, where they do not hold now; undefined: there are none. */
export function quietFrom(now: number, { quiet, timeZone }: RestraintRules): number | undefined {
  if (quiet === undefined || quiet.from === quiet.until) return undefined;
  const minutes = (quiet.from - minuteOfDay(now, timeZone) + 1_440) % 1_440;
  return now - (now % 60_000) + minutes * 60_000;
}

/** Her word about an action that reaches out. */
export function refusedBy(
  action: Action,
  purpose: string,
  consents: readonly Consent[],
  { consentNeeded }: RestraintRules,
): 'no-consent' | 'opted-out' | undefined {
  if (!reachesOut(action)) return undefined;
  const channels = 'callback' in action ? ['voice'] : 'message' in action ? (action.channels ?? ['*']) : [];
  const words = channels.map((channel) => agreedTo(consents, channel, purpose));
  // A message may go by any channel that is left; which one, the sender decides by the same rule.
  if (words.every((word) => word === false)) return 'opted-out';
  if (consentNeeded.includes(purpose) && !words.includes(true)) {
    const anywhere = consents.some((one) => one.given && (one.purpose === purpose || one.purpose === '*'));
    if (!(channels[0] === '*' && anywhere)) return 'no-consent';
  }
  return undefined;
}
