// Which word says what somebody does: who writes does not talk, and a message does not ring.

import type { Language } from '../../../values/index.ts';
import { type Key, nameIn, type Translate } from '../i18n/translate.ts';
import type { ContactState, DeskContact } from './contacts.ts';
import type { AgentLive, DetourEnd, Setup } from './state.ts';

/** What an agent does, as dots and texts say it. */
export type Doing = 'talking' | 'writing' | 'ringing' | 'offered' | 'wrap-up';

type Part = Pick<DeskContact, 'state' | 'channel'>;

/** Of a contact on the desk. */
export function contactWord({ state, channel }: Part): Key {
  if (channel === 'voice') return `contact.state.${state}`;
  const written: Partial<Record<ContactState, Key>> = {
    offered: 'contact.state.new',
    connected: 'contact.state.writing',
    'wrap-up': 'contact.state.after',
  };
  return written[state] ?? `contact.state.${state}`;
}

/** What stands first of all that she has on hand: a talk before a conversation, what is open before what is new or over. */
export function doingOf(contacts: readonly Part[]): Doing | undefined {
  const has = (states: ContactState[], voice: boolean) =>
    contacts.some((one) => states.includes(one.state) && (one.channel === 'voice') === voice);
  if (has(['connected', 'own'], true)) return 'talking';
  if (has(['offered'], true)) return 'ringing';
  if (has(['connected', 'joined'], false)) return 'writing';
  if (has(['offered'], false)) return 'offered';
  return contacts.some(({ state }) => state === 'wrap-up') ? 'wrap-up' : undefined;
}

/** The same of somebody on the floor; what occupies her without being a contact are calls of her own, and joined conversations. */
export function doingLive({ contacts, occupied }: Pick<AgentLive, 'contacts' | 'occupied'>): Doing | undefined {
  if ((occupied.voice ?? 0) > 0) return 'talking';
  const doing = doingOf(contacts);
  const writes = Object.values(occupied).some((count) => (count ?? 0) > 0);
  return writes && doing !== 'talking' && doing !== 'ringing' ? 'writing' : doing;
}

/** How the flow ended into which she had sent her caller: its result before what it asked. */
export function detourText(
  { flow, result = {}, reason }: DetourEnd,
  { flows = [], language, t }: { flows?: Setup['flows'] | undefined; language: Language; t: Translate },
): string {
  const name = nameIn(language, flows.find((one) => one.flow === flow)?.name ?? {}, flow);
  if (reason !== undefined) return t('detour.failed', { flow: name, reason });
  const { result: how, ...found } = result;
  const parts = [how, ...Object.entries(found).map(([variable, value]) => `${variable} ${value}`)];
  const said = parts.filter((part) => part !== undefined && part !== '').join(', ');
  return t('detour.done', { flow: name, result: said === '' ? '✓' : said });
}
