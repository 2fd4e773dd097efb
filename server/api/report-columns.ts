// The columns of exported reports: the same in CSV, with names for programs, and in workbooks, with words for people.
import type { Language } from '../../values/index.ts';
import type { AgentReportRow, QueueReportRow } from '../reports/index.ts';
import type { CellKind, SheetColumn } from './xlsx/index.ts';

export interface ExportColumn<Row> {
  /** In CSV. */
  name: string;
  /** In workbooks. */
  title: Record<Language, string>;
  kind: CellKind;
  /** Milliseconds where the kind is `duration`. */
  of(row: Row): string | number | undefined;
  /** Where CSV says it otherwise. */
  inCsv?: (row: Row) => string | number | undefined;
  /** Only in workbooks: names beside what is named by its key. */
  only?: 'workbook';
}

/** How keys are called, for those who read. */
export interface Names {
  queue(id: string): string;
  agent(id: string): string;
}

const column = <Row>(
  name: string,
  en: string,
  zh: string,
  kind: CellKind,
  of: ExportColumn<Row>['of'],
  more: Partial<ExportColumn<Row>> = {},
): ExportColumn<Row> => ({ name, title: { en, zh }, kind, of, ...more });

/** `2026-03-29T02:30+02:00` as a wall clock. */
const wallClock = (local: string) => Date.parse(`${local.slice(0, 16)}Z`);

export function queueColumns(names: Names): ExportColumn<QueueReportRow>[] {
  const count = (name: string, en: string, zh: string, of: (row: QueueReportRow) => number) =>
    column<QueueReportRow>(name, en, zh, 'number', of);
  const time = (name: string, en: string, zh: string, of: (row: QueueReportRow) => number | undefined) =>
    column<QueueReportRow>(`${name}Seconds`, en, zh, 'duration', of);
  return [
    column('local', 'Interval', '时段', 'date', (row) => wallClock(row.local), { inCsv: (row) => row.local }),
    column('queue', 'Queue', '队列', 'text', (row) => row.queue ?? 'all'),
    column('queueName', 'Queue name', '队列名称', 'text', (row) => row.queue && names.queue(row.queue), {
      only: 'workbook',
    }),
    count('offered', 'Offered', '呼入', (row) => row.offered),
    count('answered', 'Answered', '接通', (row) => row.answered),
    count('answeredInTime', 'Answered in time', '及时接通', (row) => row.answeredInTime),
    count('abandoned', 'Abandoned', '放弃', (row) => row.abandoned),
    count('abandonedInTime', 'Abandoned in time', '及时放弃', (row) => row.abandonedInTime),
    count('left.overflow', 'Left: waited too long', '离开：等待超时', (row) => row.left.overflow),
    count('left.empty', 'Left: nobody there', '离开：无人签入', (row) => row.left.empty),
    count('left.closed', 'Left: closed', '离开：非营业时间', (row) => row.left.closed),
    count('left.full', 'Left: queue full', '离开：队列已满', (row) => row.left.full),
    count('left.removed', 'Left: queue removed', '离开：队列已删除', (row) => row.left.removed),
    count('left.moved', 'Left: to another queue', '离开：转入其他队列', (row) => row.left.moved),
    count('left.flow', 'Left: back to the flow', '离开：返回流程', (row) => row.left.flow),
    count('left.callback', 'Left: callback', '离开：预约回呼', (row) => row.left.callback),
    count('left.answered', 'Left: answered without an offer', '离开：未经分配直接回复', (row) => row.left.answered),
    count('left.failed', 'Left: failed', '离开：失败', (row) => row.left.failed),
    count('offers', 'Offers', '分配次数', (row) => row.offers),
    count('missed', 'Missed', '漏接', (row) => row.notTaken.missed),
    count('declined', 'Declined', '拒接', (row) => row.notTaken.declined),
    count('unreachable', 'Unreachable', '不可达', (row) => row.notTaken.unreachable),
    count('handled', 'Handled', '处理量', (row) => row.handled),
    count('transferred', 'Transferred', '转接', (row) => row.transferred),
    count('dispositionsMissing', 'Without disposition', '未填小结', (row) => row.dispositionsMissing),
    column('serviceLevel', 'Service level', '服务水平', 'percent', (row) => row.serviceLevel),
    column('abandonRate', 'Abandon rate', '放弃率', 'percent', (row) => row.abandonRate),
    time('averageAnswer', 'Average answer', '平均应答', (row) => row.averageAnswerMs),
    time('averageAbandon', 'Average abandon', '平均放弃等待', (row) => row.averageAbandonMs),
    time('longestWait', 'Longest wait', '最长等待', (row) => row.longestWaitMs),
    time('averageHandle', 'Average handle', '平均处理', (row) => row.averageHandleMs),
    time('talk', 'Talk', '通话', (row) => row.talkMs),
    time('hold', 'Hold', '保持', (row) => row.holdMs),
    time('wrapUp', 'Wrap-up', '话后处理', (row) => row.wrapUpMs),
  ];
}

export function agentColumns(names: Names): ExportColumn<AgentReportRow>[] {
  const count = (name: string, en: string, zh: string, of: (row: AgentReportRow) => number) =>
    column<AgentReportRow>(name, en, zh, 'number', of);
  const time = (name: string, en: string, zh: string, of: (row: AgentReportRow) => number | undefined) =>
    column<AgentReportRow>(`${name}Seconds`, en, zh, 'duration', of);
  return [
    column('local', 'Interval', '时段', 'date', (row) => wallClock(row.local), { inCsv: (row) => row.local }),
    column('agent', 'Agent', '工号', 'text', (row) => row.agent ?? 'all'),
    column('agentName', 'Name', '姓名', 'text', (row) => row.agent && names.agent(row.agent), { only: 'workbook' }),
    time('signedIn', 'Signed in', '签入时长', (row) => row.signedInMs),
    time('available', 'Ready, idle', '空闲', (row) => row.availableMs),
    time('ring', 'Ringing', '振铃', (row) => row.ringMs),
    time('talk', 'Talk', '通话', (row) => row.talkMs),
    time('hold', 'Hold', '保持', (row) => row.holdMs),
    time('wrapUp', 'Wrap-up', '话后处理', (row) => row.wrapUpMs),
    time('ownCalls', 'Own calls', '自行外呼', (row) => row.ownMs),
    time('notReady', 'Not ready', '示忙', (row) => row.notReadyMs),
    column('reasons', 'Reasons, in seconds', '示忙原因（秒）', 'text', (row) =>
      row.reasons.map(({ reason, ms }) => `${reason} ${seconds(ms)}`).join('; '),
    ),
    column('occupancy', 'Occupancy', '占用率', 'percent', (row) => row.occupancy),
    column('utilisation', 'Utilisation', '利用率', 'percent', (row) => row.utilisation),
    count('offers', 'Offers', '分配次数', (row) => row.offers),
    count('answered', 'Answered', '接通', (row) => row.answered),
    count('missed', 'Missed', '漏接', (row) => row.missed),
    count('declined', 'Declined', '拒接', (row) => row.declined),
    count('unreachable', 'Unreachable', '不可达', (row) => row.unreachable),
    count('handled', 'Handled', '处理量', (row) => row.handled),
    count('transferred', 'Transferred', '转接', (row) => row.transferred),
    count('dispositionsMissing', 'Without disposition', '未填小结', (row) => row.dispositionsMissing),
    time('averageHandle', 'Average handle', '平均处理', (row) => row.averageHandleMs),
  ];
}

export function csvColumns<Row>(
  columns: readonly ExportColumn<Row>[],
): [heading: string, cell: (row: Row) => unknown][] {
  return columns
    .filter(({ only }) => only === undefined)
    .map(({ name, kind, of, inCsv }) => [name, (row) => (inCsv ? inCsv(row) : plain(kind, of(row)))]);
}

export function sheetColumns<Row>(columns: readonly ExportColumn<Row>[], language: Language): SheetColumn<Row>[] {
  return columns.map(({ title, kind, of }) => ({ heading: title[language], kind, cell: of }));
}

function plain(kind: CellKind, value: string | number | undefined): string | number | undefined {
  if (typeof value !== 'number') return value;
  if (kind === 'duration') return seconds(value);
  return kind === 'percent' ? Math.round(value * 10_000) / 10_000 : value;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
