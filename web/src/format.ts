// Times and numbers as agents read them.
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Language } from '../../values/index.ts';

/** `0:07`, `12:40`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `+86 138 0013 8000` where it can be understood, else as it is. */
export function phone(number: string): string {
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number;
}

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${Math.round(share * 100)} %`;
}

/** Day and time in the site's zone; today without the day. */
export function dateTime(at: number, now: number, language: Language, timeZone: string): string {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const day = (time: number) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(time);
  const time: Intl.DateTimeFormatOptions = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  if (day(at) === day(now)) return new Intl.DateTimeFormat(locale, time).format(at);
  const sameYear = day(at).slice(0, 4) === day(now).slice(0, 4);
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', ...(!sameYear && { year: 'numeric' }) };
  return new Intl.DateTimeFormat(locale, { ...time, ...date }).format(at);
}

/** `5 minutes ago`, `3 分钟前`; the last minute is `now`. */
export function timeAgo(at: number, now: number, language: Language): string {
  const minutes = Math.max(0, Math.floor((now - at) / 60_000));
  const words = new Intl.RelativeTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { numeric: 'auto' });
  if (minutes < 1) return words.format(0, 'second');
  if (minutes < 60) return words.format(-minutes, 'minute');
  return minutes < 24 * 60
    ? words.format(-Math.floor(minutes / 60), 'hour')
    : words.format(-Math.floor(minutes / 1_440), 'day');
}

/** The first letters of a name, for its badge. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const han = /^\p{Script=Han}/u.test(name);
  if (han) return name.slice(-2);
  return words
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('');
}
