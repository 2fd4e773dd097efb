// queue add|list
import type { Command } from 'commander';
import type { HoursRecord, QueueLive, QueueRecord } from '../../server/index.ts';
import { type Connection, withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { commaList, openingHours, skillList, wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface AddOptions {
  name?: string;
  nameZh?: string;
  skills?: string;
  priority: string;
  ring: string;
  wrapUp: string;
  dispositions?: string;
  record?: boolean;
  requireDisposition?: boolean;
  hours?: string;
  open?: string;
  closedOn?: string;
  maxWaiting?: string;
  languageSkill?: boolean;
  team?: string;
}

export function addQueueCommands(switchroom: Command): void {
  const queue = switchroom.command('queue').description('queues: add, list');
  queue
    .command('add <id>')
    .description('add a queue')
    .option('--name <name>', 'its name in English')
    .option('--name-zh <name>', 'its name in Chinese')
    .option('--skills <list>', 'skills that its contacts ask for, with the least proficiency: banking:3')
    .option('--priority <n>', 'higher goes first, 0 to 100', '0')
    .option('--ring <seconds>', 'how long a phone rings', '20')
    .option('--wrap-up <seconds>', 'after-call work', '30')
    .option('--dispositions <list>', 'what a contact can be closed as')
    .option('--require-disposition', 'an agent has to say what a contact was about')
    .option('--hours <name>', 'hours in which it takes contacts; always otherwise')
    .option('--open <hours>', 'new hours of its own: "mon-fri 09:00-17:00, sat 10:00-14:00"')
    .option('--closed-on <dates>', 'holidays of --open: 2026-10-01,2026-10-02')
    .option('--max-waiting <n>', 'as many may wait; no limit otherwise')
    .option('--language-skill', "the caller's language is asked for as a skill (en, zh)")
    .option('--record', 'record its calls')
    .option('--team <team>', 'team')
    .action(add);
  queue.command('list').description('all queues, with who waits').option('--json', 'print JSON').action(list);
}

async function add(id: string, options: AddOptions): Promise<void> {
  await withConnection(async (connection) => {
    const { queues } = await connection.get<{ queues: QueueRecord[] }>('/queues');
    if (queues.some((one) => one.id === id)) throw failed['cli-refused']({ reason: `There is already a queue ${id}.` });
    const names = {
      ...(options.name === undefined ? {} : { en: options.name }),
      ...(options.nameZh === undefined ? {} : { zh: options.nameZh }),
    };
    const hours = await hoursOf(connection, id, options);
    await connection.put(`/queues/${encodeURIComponent(id)}`, {
      name: names,
      skills: Object.entries(skillList('--skills', options.skills)).map(([skill, least]) => ({ skill, least })),
      priority: wholeNumber('--priority', options.priority),
      ringMs: wholeNumber('--ring', options.ring) * 1000,
      wrapUpMs: wholeNumber('--wrap-up', options.wrapUp) * 1000,
      dispositions: commaList(options.dispositions),
      dispositionRequired: options.requireDisposition ?? false,
      languageSkill: options.languageSkill ?? false,
      ...(options.maxWaiting === undefined ? {} : { maxLength: wholeNumber('--max-waiting', options.maxWaiting) }),
      ...(hours === undefined ? {} : { hours }),
      record: options.record ?? false,
      ...(options.team === undefined ? {} : { team: options.team }),
    });
    process.stdout.write(`Queue ${id} is there. Give it agents: switchroom agent add LOGIN --queues ${id}\n`);
  });
}

/** The name of its hours; those that are stated here are kept under the queue's name. @throws option-invalid, cli-refused */
async function hoursOf(
  connection: Connection,
  id: string,
  { hours, open, closedOn, team }: AddOptions,
): Promise<string | undefined> {
  if (open === undefined) return hours;
  if (hours !== undefined) throw failed['option-invalid']({ option: '--open', reason: 'stands beside --hours' });
  const spans = openingHours('--open', open);
  const known = await connection.get<{ hours: HoursRecord[] }>('/hours');
  if (known.hours.some(({ name }) => name === id)) {
    throw failed['cli-refused']({ reason: `There are already hours ${id}: take them by --hours ${id}.` });
  }
  await connection.put(`/hours/${encodeURIComponent(id)}`, {
    open: spans,
    closedOn: commaList(closedOn),
    ...(team === undefined ? {} : { team }),
  });
  return id;
}

async function list(options: { json?: boolean }): Promise<void> {
  const rows = await withConnection(async (connection) => {
    const { queues } = await connection.get<{ queues: QueueRecord[] }>('/queues');
    const { queues: live } = await connection.get<{ queues: QueueLive[] }>('/live/queues');
    return queues.map((queue) => ({ ...queue, live: live.find((one) => one.queue === queue.id) }));
  });
  print(rows, {
    json: options.json,
    columns: [
      { title: 'queue', of: (row) => row.id },
      { title: 'name', of: (row) => row.name.en ?? row.name.zh },
      { title: 'priority', of: (row) => row.priority },
      { title: 'skills', of: (row) => row.skills.map(({ skill, least }) => `${skill}:${least}`).join(',') },
      { title: 'ring s', of: (row) => row.ringMs / 1000 },
      { title: 'wrap-up s', of: (row) => row.wrapUpMs / 1000 },
      { title: 'record', of: (row) => (row.record ? 'yes' : '') },
      { title: 'waiting', of: (row) => row.live?.waiting },
      { title: 'free agents', of: (row) => row.live?.free },
    ],
  });
}
