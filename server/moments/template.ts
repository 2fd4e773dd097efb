// Placeholders in what moments say: `{customer.name|dear customer}`, `{event.sum|your payment}`. What stands after the bar is
// said where the value is not known; `{{` and `}}` are braces. Pure.
import type { Language } from '../../values/index.ts';
import type { Said } from '../ivr/index.ts';

export type Fact = string | number | boolean;

/** What a text may name: facts of the event that made the moment fire, and of the customer herself. */
export interface Known {
  name?: string | undefined;
  facts?: Readonly<Record<string, Fact>> | undefined;
}

export interface Placeholder {
  /** `customer.name`, `event.sum`. */
  name: string;
  /** Undefined: none is given, which the checker does not let through. */
  fallback: string | undefined;
}

export type Piece = string | Placeholder;

export interface Template {
  pieces: Piece[];
  /** What is wrong with it. */
  faults: Said[];
}

/** Longest value of a fact that is put into a text, in characters. */
const longestValue = 200;
const eventField = /^event\.[A-Za-z][\w-]{0,63}$/;

export function readTemplate(text: string): Template {
  const pieces: Piece[] = [];
  const faults: Said[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] as string;
    if ((sign === '{' || sign === '}') && text[at + 1] === sign) {
      plain += sign;
      at++;
      continue;
    }
    if (sign === '}') {
      faults.push({ say: 'brace-open-missing' });
      plain += sign;
      continue;
    }
    if (sign !== '{') {
      plain += sign;
      continue;
    }
    const end = text.indexOf('}', at);
    if (end < 0) {
      faults.push({ say: 'brace-open' });
      plain += text.slice(at);
      break;
    }
    const [name = '', ...rest] = text.slice(at + 1, end).split('|');
    const placeholder = { name: name.trim(), fallback: rest.length === 0 ? undefined : rest.join('|') };
    if (placeholder.name !== 'customer.name' && !eventField.test(placeholder.name)) {
      faults.push({ say: 'placeholder-unknown', values: { placeholder: `{${placeholder.name}}` } });
    } else if (placeholder.fallback === undefined) {
      const { name: known } = placeholder;
      faults.push({ say: 'placeholder-bare', values: { placeholder: `{${known}}`, example: `{${known}|…}` } });
    }
    if (plain !== '') pieces.push(plain);
    plain = '';
    pieces.push(placeholder);
    at = end;
  }
  if (plain !== '') pieces.push(plain);
  return { pieces, faults };
}

/** The facts that texts name: of an event, nothing else is remembered. */
export function namedFacts(texts: readonly (string | undefined)[]): Set<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const piece of text === undefined ? [] : readTemplate(text).pieces) {
      if (typeof piece === 'object' && piece.name.startsWith('event.')) names.add(piece.name.slice('event.'.length));
    }
  }
  return names;
}

/** @returns the text with what is known put in */
export function fillTemplate(text: string, { name, facts = {} }: Known, language: Language): string {
  return readTemplate(text)
    .pieces.map((piece) => {
      if (typeof piece === 'string') return piece;
      const value =
        piece.name === 'customer.name'
          ? name
          : // Own keys only: a fact called `constructor` is not everything's.
            Object.hasOwn(facts, piece.name.slice('event.'.length))
            ? facts[piece.name.slice('event.'.length)]
            : undefined;
      return shown(value, language) ?? piece.fallback ?? '';
    })
    .join('');
}

function shown(value: Fact | undefined, language: Language): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'number') return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB').format(value);
  if (typeof value === 'boolean') return { en: value ? 'yes' : 'no', zh: value ? '是' : '否' }[language];
  // What another system sent is one line of text, whatever is in it.
  const line = value.replace(/\p{Cc}+/gu, ' ').trim();
  return line === '' ? undefined : [...line].slice(0, longestValue).join('');
}
