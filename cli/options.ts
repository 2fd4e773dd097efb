// Values of command-line options.
import { failed } from './errors.ts';

export function commaList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `banking:4,loans` → { banking: 4, loans: 3 }. @throws option-invalid */
export function skillList(option: string, value: string | undefined): Record<string, number> {
  const skills: Record<string, number> = {};
  for (const part of commaList(value)) {
    const [name = '', level = '3'] = part.split(':');
    if (!/^[1-5]$/.test(level))
      throw failed['option-invalid']({ option, reason: `"${part}": a proficiency is 1 to 5` });
    skills[name] = Number(level);
  }
  return skills;
}

/** @throws option-invalid */
export function wholeNumber(option: string, value: string): number {
  if (!/^\d+$/.test(value)) throw failed['option-invalid']({ option, reason: `"${value}" is not a whole number` });
  return Number(value);
}

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `mon-fri 09:00-17:00, sat 10:00-14:00` → spans of a queue's hours. @throws option-invalid */
export function openingHours(option: string, value: string): { days: string[]; from: string; to: string }[] {
  return commaList(value).map((part) => {
    const [, first = '', last = first, from = '', to = ''] =
      /^(\w{3})(?:-(\w{3}))? +(\d\d:\d\d)-(\d\d:\d\d)$/.exec(part.toLowerCase()) ?? [];
    const [begin, end] = [days.indexOf(first), days.indexOf(last)];
    if (begin < 0 || end < begin) {
      throw failed['option-invalid']({ option, reason: `"${part}" is not like "mon-fri 09:00-17:00"` });
    }
    return { days: days.slice(begin, end + 1), from, to };
  });
}
