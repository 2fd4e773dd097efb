// Agents and numbers from CSV: every line is checked before anything is written, then all change in one transaction.
import { SwitchroomError } from '../../values/index.ts';
import { type DirectoryChanges, generatePassword, ha1, type SiteDirectory } from '../directory/index.ts';
import type { AgentRecord, DidRecord, SipUserRecord } from '../ports/index.ts';
import { failed } from './errors.ts';
import { type CsvProblem, type CsvRecord, readCsv } from './read-csv.ts';

/** Columns; those that are not in the file stay as they are, and are the usual ones for who is new. */
export const agentColumns = [
  'login',
  'name',
  'roles',
  'language',
  'phone',
  'skills',
  'queues',
  'team',
  'voice',
  'auto_answer',
  'disabled',
] as const;
export const numberColumns = ['number', 'flow', 'language', 'team'] as const;
/** Lines of one import. */
const most = 5_000;
/** Problems that are told. */
const mostTold = 100;

export interface ImportPlan {
  changes: DirectoryChanges;
  created: string[];
  changed: string[];
  /** Secrets of the phones of new SIP users, shown once. */
  sipSecrets: Map<string, string>;
}

/** @throws import-refused (details.problems: line, field, reason) */
export function planAgents(csv: string, directory: SiteDirectory): ImportPlan {
  const { agents, sipUsers } = directory;
  const plan: ImportPlan = { changes: {}, created: [], changed: [], sipSecrets: new Map() };
  const rows: AgentRecord[] = [];
  const phones: SipUserRecord[] = [];
  eachLine(csv, { columns: agentColumns, key: 'login' }, (record, login) => {
    const before = agents.get(login);
    const row = agentOf(record, before, directory.site.name);
    directory.check('agents', row);
    rows.push(row);
    (before ? plan.changed : plan.created).push(login);
    if (row.phone?.kind === 'registered' && sipUsers.get(row.phone.user) === undefined) {
      const secret = generatePassword();
      const { user } = row.phone;
      const { realm, name: site } = directory.site;
      phones.push({ site, user, agent: login, ha1: ha1(user, realm, secret), ...(row.team ? { team: row.team } : {}) });
      plan.sipSecrets.set(login, secret);
    }
  });
  plan.changes = { agents: rows, sipUsers: phones };
  return plan;
}

/** @throws import-refused */
export function planNumbers(csv: string, directory: SiteDirectory): ImportPlan {
  const plan: ImportPlan = { changes: {}, created: [], changed: [], sipSecrets: new Map() };
  const dids: DidRecord[] = [];
  eachLine(csv, { columns: numberColumns, key: 'number' }, ({ cells }, number) => {
    const before = directory.dids.get(number);
    const row = { site: directory.site.name, ...before, number, ...given(cells, ['flow', 'language', 'team']) };
    directory.check('dids', row);
    // The check has just taken it.
    dids.push(row as DidRecord);
    (before ? plan.changed : plan.created).push(number);
  });
  plan.changes = { dids };
  return plan;
}

function eachLine(
  csv: string,
  { columns, key }: { columns: readonly string[]; key: string },
  take: (record: CsvRecord, key: string) => void,
): void {
  const { records, problems } = readCsv(csv, { columns, required: [key] });
  const seen = new Map<string, number>();
  if (records.length > most) problems.push({ line: 1, reason: `has ${records.length} lines; at most ${most} at once` });
  else if (records.length === 0 && problems.length === 0) problems.push({ line: 1, reason: 'has no lines to import' });
  else {
    for (const record of records) {
      const name = record.cells[key] ?? '';
      const earlier = seen.get(name);
      seen.set(name, record.line);
      if (earlier !== undefined) {
        problems.push({ line: record.line, field: key, reason: `${name} is in line ${earlier} already` });
        continue;
      }
      try {
        take(record, name);
      } catch (error) {
        if (!(error instanceof SwitchroomError)) throw error;
        problems.push({ line: record.line, ...told(error, key) });
      }
    }
  }
  const [first] = problems.sort((a, b) => a.line - b.line);
  if (first === undefined) return;
  const reason = first.field === undefined ? first.reason : `${first.field} ${first.reason}`;
  throw failed['import-refused']({
    count: problems.length,
    line: first.line,
    reason,
    problems: problems.slice(0, mostTold),
  });
}

/** A fault of a record in the words of the file: the record's fields have the names of columns but for these. */
function told({ message, details }: SwitchroomError, key: string): Omit<CsvProblem, 'line'> {
  const names: Record<string, string> = { id: key, autoAnswer: 'auto_answer', capacity: 'voice' };
  const [top = ''] = String(details.field ?? '').split(/[.[]/);
  const field = names[top] ?? top;
  const { reason } = details;
  return { field: field === '' ? undefined : field, reason: typeof reason === 'string' ? reason : message };
}

function agentOf({ cells }: CsvRecord, before: AgentRecord | undefined, site: string): AgentRecord {
  const { login = '' } = cells;
  const row: Record<string, unknown> = {
    site,
    name: login,
    ...before,
    id: login,
    ...given(cells, ['name', 'language', 'team']),
  };
  if (cells.roles !== undefined) row.roles = cells.roles === '' ? ['agent'] : list(cells.roles);
  if (cells.queues !== undefined) row.queues = list(cells.queues);
  if (cells.skills !== undefined) row.skills = skills(cells.skills);
  if (cells.phone !== undefined) row.phone = phone(cells.phone, login);
  if (cells.voice) row.capacity = { ...before?.capacity, voice: Number(cells.voice) };
  if (cells.auto_answer !== undefined) row.autoAnswer = truth('auto_answer', cells.auto_answer);
  if (cells.disabled !== undefined) row.disabled = truth('disabled', cells.disabled);
  // The directory's own check follows, and says what is wrong with it.
  return row as unknown as AgentRecord;
}

/** Of these columns those that are in the file; an empty cell is the usual value. */
function given(cells: Record<string, string>, names: readonly string[]): Record<string, string | undefined> {
  const found = names.filter((name) => cells[name] !== undefined);
  return Object.fromEntries(found.map((name) => [name, cells[name] === '' ? undefined : cells[name]]));
}

/** `service; vip` */
function list(text: string): string[] {
  return text
    .split(/[;,]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `banking:4; loans` (3 where nothing is said) */
function skills(text: string): Record<string, number> {
  return Object.fromEntries(
    list(text).map((part) => {
      const [name = '', level = '3'] = part.split(':');
      return [name, Number(level)];
    }),
  );
}

/** Empty: none; `registered`: a phone that registers as the login; `panel`: in her panel; a SIP URI; a number. */
function phone(text: string, login: string): AgentRecord['phone'] {
  if (text === '' || text === 'none') return { kind: 'none' };
  if (text === 'registered') return { kind: 'registered', user: login };
  if (text === 'panel') return { kind: 'panel', answers: 'by-hand' };
  return /^sips?:/i.test(text) ? { kind: 'uri', uri: text } : { kind: 'number', number: text };
}

function truth(field: string, text: string): boolean {
  if (/^(1|true|yes|x|是)$/i.test(text)) return true;
  if (/^(0|false|no|否|)$/i.test(text)) return false;
  throw failed['request-invalid']({ part: 'file', field, reason: `"${text}" is neither yes nor no` });
}
