// agent add|list|passwd
import type { Command } from 'commander';
import type { AgentPhone, AgentRecord, Role } from '../../server/index.ts';
import { withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { commaList, skillList, wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface AddOptions {
  name?: string;
  queues?: string;
  skills?: string;
  roles: string;
  language: string;
  phone?: string;
  voice: string;
  team?: string;
  autoAnswer?: boolean;
  json?: boolean;
}

export function addAgentCommands(switchroom: Command): void {
  const agent = switchroom.command('agent').description('people who work here: add, list, new password');
  agent
    .command('add <login>')
    .description('add a person; her password, and the secret of her phone, are made and shown once')
    .option('--name <name>', 'her name (default: the login)')
    .option('--queues <list>', 'queues, comma-separated')
    .option('--skills <list>', 'skills with proficiency 1 to 5: banking:4,loans:2')
    .option('--roles <list>', 'agent, supervisor, admin', 'agent')
    .option('--language <code>', 'en or zh', 'en')
    .option('--phone <phone>', 'a SIP URI, a number, or "none" (default: a phone that registers as <login>)')
    .option('--voice <count>', 'calls at once', '1')
    .option('--team <team>', 'team')
    .option('--auto-answer', 'her phone can be made to answer by the panel')
    .option('--json', 'print JSON')
    .action(add);
  agent.command('list').description('all people').option('--json', 'print JSON').action(list);
  agent
    .command('passwd <login>')
    .description('make a new password and show it once; her sessions end')
    .option('--json', 'print JSON')
    .action(passwd);
  agent
    .command('reset-second-factor <login>')
    .description('remove the second factor of a person who lost it; her sessions end')
    .action(async (login: string) => {
      await withConnection((connection) => connection.remove(`/agents/${encodeURIComponent(login)}/second-factor`));
      process.stdout.write(`${login} logs in with her password alone until she sets up a second factor again.\n`);
    });
}

async function add(login: string, options: AddOptions): Promise<void> {
  await withConnection(async (connection) => {
    const { agents } = await connection.get<{ agents: AgentRecord[] }>('/agents');
    if (agents.some(({ id }) => id === login)) throw failed['cli-refused']({ reason: `There is already a ${login}.` });
    const phone = phoneOf(login, options.phone);
    let sip: { user: string; password?: string } | undefined;
    if (phone.kind === 'registered') sip = await connection.put(`/sip-users/${encodeURIComponent(login)}`, {});
    await connection.put(`/agents/${encodeURIComponent(login)}`, {
      name: options.name ?? login,
      roles: commaList(options.roles) as Role[],
      language: options.language,
      phone,
      queues: commaList(options.queues),
      skills: skillList('--skills', options.skills),
      capacity: { voice: wholeNumber('--voice', options.voice) },
      autoAnswer: options.autoAnswer ?? false,
      ...(options.team === undefined ? {} : { team: options.team }),
    });
    if (sip) await connection.put(`/sip-users/${encodeURIComponent(login)}`, { agent: login });
    const { password } = await connection.post<{ password: string }>(`/agents/${encodeURIComponent(login)}/password`);
    if (options.json)
      print([{ login, password, sip: sip && { user: sip.user, secret: sip.password } }], { json: true });
    else {
      process.stdout.write(`${login} can log in with the password ${password}\n`);
      if (sip) process.stdout.write(`Her phone registers as SIP user ${sip.user} with the secret ${sip.password}\n`);
      process.stdout.write('Both are shown only now.\n');
    }
  });
}

function phoneOf(login: string, phone: string | undefined): AgentPhone {
  if (phone === undefined) return { kind: 'registered', user: login };
  if (phone === 'none') return { kind: 'none' };
  if (phone === 'panel') return { kind: 'panel', answers: 'by-hand' };
  return /^sips?:/i.test(phone) ? { kind: 'uri', uri: phone } : { kind: 'number', number: phone };
}

async function list(options: { json?: boolean }): Promise<void> {
  const { agents } = await withConnection((connection) => connection.get<{ agents: AgentRecord[] }>('/agents'));
  print(agents, {
    json: options.json,
    columns: [
      { title: 'login', of: (row) => row.id },
      { title: 'name', of: (row) => row.name },
      { title: 'roles', of: (row) => row.roles.join(',') },
      { title: 'phone', of: (row) => phoneText(row.phone) },
      { title: 'queues', of: (row) => row.queues.join(',') },
      {
        title: 'skills',
        of: (row) =>
          Object.entries(row.skills)
            .map(([skill, level]) => `${skill}:${level}`)
            .join(','),
      },
      { title: 'team', of: (row) => row.team },
      { title: '', of: (row) => (row.disabled ? 'disabled' : '') },
    ],
  });
}

function phoneText(phone: AgentPhone): string {
  if (phone.kind === 'registered') return `registers as ${phone.user}`;
  if (phone.kind === 'panel') return 'in the panel';
  if (phone.kind === 'uri') return phone.uri;
  return phone.kind === 'number' ? phone.number : '';
}

async function passwd(login: string, options: { json?: boolean }): Promise<void> {
  const { password } = await withConnection((connection) =>
    connection.post<{ password: string }>(`/agents/${encodeURIComponent(login)}/password`),
  );
  if (options.json) print([{ login, password }], { json: true });
  else process.stdout.write(`${login} can log in with the password ${password}, shown only now.\n`);
}
