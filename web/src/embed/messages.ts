// What a CRM that shows the panel in a frame says to it and hears from it (docs/embed.md). Pure.
import type { DeskContact } from '../state/contacts.ts';

export const protocol = 1;

export type Command = { id?: string | number } & (
  | { do: 'hello' }
  | { do: 'dial'; to: { number: string } | { agent: string } }
  | { do: 'disposition'; interaction: string; disposition: string }
  | { do: 'note'; interaction: string; note: string }
);

/** @returns the command, or the reason why it is none; undefined where the message is not meant for us */
export function parseCommand(data: unknown): Command | { id?: string | number; wrong: string } | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const given = data as Record<string, unknown>;
  if (given.switchroom !== protocol || typeof given.do !== 'string') return undefined;
  const id = typeof given.id === 'string' || typeof given.id === 'number' ? { id: given.id } : {};
  const text = (field: string): string | undefined => {
    const value = given[field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const interaction = text('interaction');
  switch (given.do) {
    case 'hello':
      return { ...id, do: 'hello' };
    case 'dial': {
      const agent = text('agent');
      const number = text('number')?.replace(/[\s()./-]/g, '');
      if (agent !== undefined) return { ...id, do: 'dial', to: { agent } };
      if (number === undefined || !/^\+?[0-9*#]{2,32}$/.test(number)) return { ...id, wrong: 'number' };
      return { ...id, do: 'dial', to: { number } };
    }
    case 'disposition': {
      const disposition = text('disposition');
      if (interaction === undefined || disposition === undefined) return { ...id, wrong: 'interaction, disposition' };
      return { ...id, do: 'disposition', interaction, disposition };
    }
    case 'note':
      if (interaction === undefined || typeof given.note !== 'string') return { ...id, wrong: 'interaction, note' };
      return { ...id, do: 'note', interaction, note: given.note };
    default:
      return { ...id, wrong: 'do' };
  }
}

/** What the CRM is told of a contact. */
export interface Told {
  event: 'pop' | 'contact' | 'wrap-up' | 'gone';
  interaction: string;
  [field: string]: unknown;
}

/** What is new in the contacts since they were told last. */
export function changes(before: readonly DeskContact[], now: readonly DeskContact[]): Told[] {
  const told: Told[] = [];
  for (const contact of now) {
    const { interaction, state, queue, channel, pop, call } = contact;
    const was = before.find((one) => one.key === contact.key);
    if (pop !== undefined && was?.pop === undefined) {
      const { from, to, customer, language, variables } = pop.content;
      told.push({ event: 'pop', interaction, channel, queue, number: from, to, customer, language, data: variables });
    }
    const phase = call?.phase;
    if (was !== undefined && was.state === state && was.call?.phase === phase) continue;
    if (state === 'wrap-up') {
      if (was?.state !== 'wrap-up') told.push({ event: 'wrap-up', interaction, queue, until: contact.until });
    } else told.push({ event: 'contact', interaction, state, phase, direction: call?.direction, number: call?.from });
  }
  for (const one of before) {
    if (!now.some(({ key }) => key === one.key)) told.push({ event: 'gone', interaction: one.interaction });
  }
  return told;
}
