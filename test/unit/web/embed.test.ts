// What a CRM around the panel says and hears, and the address of its customer.
import { describe, expect, it } from 'vitest';
import { queueSchema } from '../../../server/directory/records.ts';
import { popAddress } from '../../../web/src/desk/pop-url.ts';
import { changes, parseCommand } from '../../../web/src/embed/messages.ts';
import type { DeskContact } from '../../../web/src/state/contacts.ts';

const content: Parameters<typeof popAddress>[1] = {
  interaction: 'int_1',
  channel: 'voice',
  direction: 'in',
  queue: 'service',
  from: '+8613800138000',
  to: '95500',
  language: 'zh',
  customer: { id: 'cus_1', name: 'Li & Söhne', tags: [] },
  path: [],
  variables: { account: '12/34' },
  earlier: [],
};
const contact = (change: Partial<DeskContact>): DeskContact => ({
  key: 'off_1',
  interaction: 'int_1',
  state: 'offered',
  since: 1,
  channel: 'voice',
  ...change,
});

describe('commands', () => {
  it('are taken with numbers as people write them', () => {
    expect(parseCommand({ switchroom: 1, id: 7, do: 'dial', number: '+86 138-0013 8000' })).toEqual({
      id: 7,
      do: 'dial',
      to: { number: '+8613800138000' },
    });
  });
  it('are refused by the name of the field, or ignored where they are not for us', () => {
    expect(parseCommand({ switchroom: 1, id: 7, do: 'dial', number: 'javascript:1' })).toEqual({
      id: 7,
      wrong: 'number',
    });
    expect(parseCommand({ switchroom: 1, do: 'note', interaction: 'int_1' })).toEqual({ wrong: 'interaction, note' });
    expect(parseCommand({ switchroom: 1, do: 'sign-out' })).toEqual({ wrong: 'do' });
    for (const data of [undefined, null, 'dial', { do: 'dial' }, { switchroom: 2, do: 'hello' }]) {
      expect(parseCommand(data)).toBeUndefined();
    }
  });
});

describe('what is told', () => {
  it('is the pop, each state once, wrap-up, and that it is gone', () => {
    const pop = { offer: { id: 'off_1', interaction: 'int_1', agent: '1001', at: 1, deadline: 2 }, content };
    const offered = [contact({ pop })];
    const talking = [contact({ pop, state: 'connected' })];
    const wrapUp = [contact({ pop, state: 'wrap-up', until: 9 })];
    const names = (before: DeskContact[], now: DeskContact[]) => changes(before, now).map(({ event }) => event);
    expect(names([], offered)).toEqual(['pop', 'contact']);
    expect(names(offered, offered)).toEqual([]);
    expect(names(offered, talking)).toEqual(['contact']);
    expect(changes(talking, wrapUp)).toMatchObject([{ event: 'wrap-up', interaction: 'int_1', until: 9 }]);
    expect(names(wrapUp, [])).toEqual(['gone']);
  });
});

describe('the address of the customer', () => {
  it('has values encoded and unknown ones empty', () => {
    const template = 'https://crm.bank.example/c?n={number}&who={name}&a={data.account}&x={data.none}&by={agent}';
    expect(popAddress(template, content, '1001')).toBe(
      'https://crm.bank.example/c?n=%2B8613800138000&who=Li%20%26%20S%C3%B6hne&a=12%2F34&x=&by=1001',
    );
  });
  it('is http or https, with nothing filled into its host', () => {
    const taken = (popUrl: string) => queueSchema.safeParse({ site: 'main', id: 'service', popUrl }).success;
    expect(taken('https://crm.bank.example/?n={number}')).toBe(true);
    expect(taken('http://crm.bank.example:8080/{customer}#{data.account}')).toBe(true);
    for (const wrong of [
      'https://{name}.bank.example/',
      'https://crm.bank.example@{number}/',
      'javascript:alert({number})',
      'https://crm.bank.example/?p={password}',
      'https://crm.bank.example/?n={number',
      'crm.bank.example',
    ]) {
      expect(taken(wrong), wrong).toBe(false);
    }
  });
});
