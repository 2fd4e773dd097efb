// channel add|list|check|status|retry
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import type { ChannelRecord } from '../../server/index.ts';
import { askSidecar, withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface AddOptions {
  kind: string;
  as: string;
  flow?: string;
  queue?: string;
  name?: string;
  nameZh?: string;
  language: string;
  firstAnswer?: string;
  idle?: string;
  approval?: boolean;
  team?: string;
}

export function addChannelCommands(switchroom: Command): void {
  const channel = switchroom
    .command('channel')
    .description('digital channels, and where their contacts go: add, list, check, status, retry');
  channel
    .command('add <id>')
    .description('let the contacts of a connector into a flow (the bot) or a queue')
    .requiredOption('--kind <kind>', 'of the connector: webchat, mail, wechat, wecom, weibo, qq, sms, webhook, work')
    .option('--as <channel>', 'by which capacity of agents is counted: chat, social, mail, sms, work', 'chat')
    .option('--flow <flow>', 'first a bot, this flow')
    .option('--queue <queue>', 'straight into this queue')
    .option('--name <name>', 'its name in English')
    .option('--name-zh <name>', 'its name in Chinese')
    .option('--language <code>', 'language of customers who are not known: en or zh', 'en')
    .option('--first-answer <seconds>', 'the first answer of a person is due within that')
    .option('--idle <seconds>', 'a conversation without a word of the customer ends after that')
    .option('--approval', 'public answers are sent only when a second person approved them')
    .option('--team <team>', 'team')
    .action(add);
  channel
    .command('check')
    .description("read the sidecar's file of channels (sidecar.json) and say what is wrong there")
    .action(check);
  channel
    .command('status')
    .description('what the running sidecar has done, what waits, and what is wrong')
    .option('--json', 'print JSON')
    .action(status);
  channel
    .command('retry <id>')
    .description('try once more what was set aside, after its connector or the server was mended')
    .action(retry);
  channel.command('list').description('all digital channels').option('--json', 'print JSON').action(list);
}

async function add(id: string, options: AddOptions): Promise<void> {
  const { flow, queue, name, nameZh, team } = options;
  if ((flow === undefined) === (queue === undefined))
    throw failed['option-invalid']({ option: '--flow', reason: 'give either --flow or --queue' });
  const seconds = (option: string, value: string) => wholeNumber(option, value) * 1_000;
  await withConnection((connection) =>
    connection.put(`/channels/${encodeURIComponent(id)}`, {
      name: { ...(name === undefined ? {} : { en: name }), ...(nameZh === undefined ? {} : { zh: nameZh }) },
      kind: options.kind,
      channel: options.as,
      to: flow === undefined ? { queue } : { flow },
      language: options.language,
      ...(options.firstAnswer === undefined ? {} : { firstAnswerMs: seconds('--first-answer', options.firstAnswer) }),
      ...(options.idle === undefined ? {} : { idleMs: seconds('--idle', options.idle) }),
      ...(options.approval ? { approval: true } : {}),
      ...(team === undefined ? {} : { team }),
    }),
  );
  process.stdout.write(
    `Contacts of ${id} come to ${flow === undefined ? `the queue ${queue}` : `the flow ${flow}`}. ` +
      `A connector elsewhere needs a token: switchroom token create NAME --channels ${id}\n`,
  );
}

async function list(options: { json?: boolean }): Promise<void> {
  const { channels } = await withConnection((connection) => connection.get<{ channels: ChannelRecord[] }>('/channels'));
  print(channels, {
    json: options.json,
    columns: [
      { title: 'channel', of: (row) => row.id },
      { title: 'kind', of: (row) => row.kind },
      { title: 'as', of: (row) => row.channel },
      { title: 'comes to', of: (row) => ('flow' in row.to ? `flow ${row.to.flow}` : `queue ${row.to.queue}`) },
      { title: 'first answer s', of: (row) => row.firstAnswerMs / 1_000 },
      { title: 'team', of: (row) => row.team },
      { title: 'off', of: (row) => (row.disabled ? 'yes' : '') },
    ],
  });
}

async function check(): Promise<void> {
  const settings = readSettings();
  const { checkChannels } = await import('../../sidecar/main.ts');
  const found = checkChannels(settings);
  const { file } = settings.sidecar;
  if (found.length === 0) process.stdout.write(`There are no channels in ${file}.\n`);
  else process.stdout.write(`${file} is fine: ${found.map(({ name, kind }) => `${name} (${kind})`).join(', ')}.\n`);
}

interface Figures {
  channel: string;
  kind: string;
  received: number;
  handedOver: number;
  toServer: number;
  setAside: number;
  refused: number;
  sent: number;
  failures: number;
  toSend: number;
  trouble: string[];
}

async function status(options: { json?: boolean }): Promise<void> {
  const { channels } = await askSidecar<{ channels: Figures[] }>('GET', '/channels');
  print(channels, {
    json: options.json,
    columns: [
      { title: 'channel', of: (row) => row.channel },
      { title: 'kind', of: (row) => row.kind },
      { title: 'came', of: (row) => row.received },
      { title: 'handed over', of: (row) => row.handedOver },
      { title: 'waits', of: (row) => row.toServer },
      { title: 'set aside', of: (row) => row.setAside + row.refused },
      { title: 'sent', of: (row) => row.sent },
      { title: 'failed', of: (row) => row.failures },
      { title: 'to send', of: (row) => row.toSend },
      { title: 'trouble', of: (row) => row.trouble.join('; ') },
    ],
  });
}

async function retry(id: string): Promise<void> {
  const { count } = await askSidecar<{ count: number }>('POST', `/channels/${encodeURIComponent(id)}/retry`);
  process.stdout.write(`${count} are tried once more.\n`);
}
