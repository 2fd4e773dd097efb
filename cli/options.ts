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
