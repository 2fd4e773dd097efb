// Work items, put together with the conversations by which agents are offered them. A conversation in which an agent works on
// one is a round of it: what she writes there is a comment, what she notes is one for colleagues.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Clock } from '../values/index.ts';
import { type Conversations, textOf } from './conversations/index.ts';
import type { Customers } from './customers/index.ts';
import type { Journal } from './journal/index.ts';
import { workItemIdentity } from './open-conversations.ts';
import type { Directory } from './ports/index.ts';
import { WorkItems } from './work-items/index.ts';

export function openWorkItems(given: {
  database: Database;
  journal: Journal;
  directory: Directory;
  conversations: Conversations;
  customers: Pick<Customers, 'keepsAlso'>;
  clock: Clock;
  logger: Logger;
}): WorkItems {
  const { database, journal, directory, conversations, customers, clock, logger } = given;
  const workItems = new WorkItems({
    database,
    journal,
    directory,
    clock,
    logger,
    async offer(item, key, text) {
      const { items } = await conversations.inbound(item.via, [
        {
          item: 'message',
          key,
          at: clock.now(),
          thread: item.id,
          from: { identities: [{ kind: workItemIdentity, value: item.id }] },
          content: { type: 'text', text, subject: item.subject },
          variables: { workItem: item.id, priority: item.priority, due: new Date(item.due).toISOString() },
        },
      ]);
      const [answer] = items;
      if (answer?.result === 'refused') throw new Error(answer.reason ?? 'refused');
    },
  });
  const isWork = (via: string) => directory.channels.get(via)?.channel === 'work';
  const guard = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => logger.error({ err: error }, 'a work item does not know what happened to it'));
  conversations.on('changed', ({ via, thread, phase, agent }) => {
    if (phase === 'active' && agent !== undefined && isWork(via)) guard(workItems.taken(thread, agent));
  });
  conversations.on('ended', ({ via, thread, agent }) => {
    if (agent === undefined && isWork(via)) guard(workItems.untaken(thread));
  });
  conversations.on('message', ({ via, thread }, { id, author, agent, content, state }) => {
    if (agent === undefined || !isWork(via)) return;
    if (author === 'note') guard(workItems.comment(thread, textOf(content), true, `agent:${agent}`));
    // Nobody sends it on: it has arrived when it is written.
    if (author === 'agent' && state === 'waiting') {
      guard(workItems.comment(thread, textOf(content), false, `agent:${agent}`));
      guard(
        conversations.inbound(via, [
          { item: 'delivery', key: `delivered ${id}`, at: clock.now(), message: id, state: 'delivered' },
        ]),
      );
    }
  });
  customers.keepsAlso(workItems.records);
  return workItems;
}
