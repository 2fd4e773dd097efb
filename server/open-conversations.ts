// Digital conversations, put together with what they stand on.
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Clock, type CustomerId, isNumber } from '../values/index.ts';
import type { Callbacks } from './callbacks/index.ts';
import { Conversations, type ConversationTools, type KnownPerson } from './conversations/index.ts';
import type { Customer, Customers } from './customers/index.ts';
import type { Directory } from './ports/index.ts';
import type { Routing } from './routing/index.ts';

/** How a work item stands behind its conversations. */
export const workItemIdentity = 'work-item';

export function openConversations(given: {
  /** The data folder. */
  data: string;
  database: Database;
  journal: ConversationTools['journal'];
  directory: Directory;
  routing: Routing;
  customers: Customers;
  flows: ConversationTools['flows'];
  traffic: NonNullable<ConversationTools['traffic']>;
  callbacks: Callbacks;
  /** Behind the identity of a work item; only its own channels name it. */
  customerOfWorkItem(item: string): CustomerId | undefined;
  clock: Clock;
  logger: Logger;
}): Conversations {
  const { data, database, journal, directory, routing, customers, flows, traffic, callbacks, clock, logger } = given;
  const conversations = new Conversations({
    database,
    journal,
    directory,
    queueing: routing,
    people: {
      identify(identities, { name, language, team, by }) {
        const [first] = identities;
        if (
          first?.kind === workItemIdentity &&
          directory.channels.get(by.replace(/^channel:/, ''))?.channel === 'work'
        ) {
          const id = given.customerOfWorkItem(first.value);
          const customer = id === undefined ? undefined : customers.get(id);
          return customer && known(customer);
        }
        const { customer, owner } = customers.identify(identities, by, { name, language, team });
        return { ...known(customer), id: owner };
      },
      get: (id) => {
        const customer = customers.get(id);
        return customer && known(customer);
      },
      earlier: (id) => customers.pop(id).earlier,
      numberOf: (id) =>
        customers.get(id)?.identities.find(({ kind, value }) => kind === 'phone' && isNumber(value))?.value,
    },
    flows,
    traffic,
    callbacks,
    attachments: join(data, 'attachments'),
    clock,
    logger,
  });
  routing.on('agent', ({ agent, presence, reason }) => {
    if (presence === 'offline' || reason === 'leaving') conversations.signedOut(agent);
  });
  customers.keepsAlso(conversations.records);
  return conversations;
}

function known({ id, name, tags, language }: Customer): KnownPerson {
  return { id, name, tags: tags.map(({ tag }) => tag), language };
}
