import type { Language } from '../../../values/index.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const units: Record<Language, { d: string; h: string; m: string; none: string }> = {
  en: { d: 'd', h: 'h', m: 'min', none: 'less than a minute' },
  zh: { d: '天', h: '小时', m: '分钟', none: '不到一分钟' },
};

/** How long something is, in its two largest units: `2 d 4 h`, `35 min`. */
export function span(ms: number, language: Language): string {
  const { d, h, m, none } = units[language];
  const parts =
    ms >= day
      ? [`${Math.floor(ms / day)} ${d}`, Math.floor((ms % day) / hour) > 0 && `${Math.floor((ms % day) / hour)} ${h}`]
      : ms >= hour
        ? [
            `${Math.floor(ms / hour)} ${h}`,
            Math.floor((ms % hour) / minute) > 0 && `${Math.floor((ms % hour) / minute)} ${m}`,
          ]
        : ms >= minute
          ? [`${Math.floor(ms / minute)} ${m}`]
          : [none];
  return parts.filter(Boolean).join(' ');
}
