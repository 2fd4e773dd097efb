// The record of interactions as rows of a workbook, made by the reading worker.
import type { Language, Millis } from '../../values/index.ts';
import { type InteractionFilter, type InteractionRecord, interactionsOn } from '../customers/index.ts';
import { readStream } from '../journal/index.ts';
import { ZoneClock } from '../reports/index.ts';
import { type CellKind, rowOf, type SheetColumn } from './xlsx/index.ts';

type Column = [field: keyof InteractionRecord, en: string, zh: string, kind?: CellKind];

const columns: readonly Column[] = [
  ['startedAt', 'Began', '开始', 'date'],
  ['queuedAt', 'Queued', '入队', 'date'],
  ['answeredAt', 'Answered', '接通', 'date'],
  ['endedAt', 'Ended', '结束', 'date'],
  ['channel', 'Channel', '渠道'],
  ['direction', 'Direction', '方向'],
  ['from', 'From', '主叫'],
  ['to', 'To', '被叫'],
  ['trunk', 'Trunk', '中继'],
  ['did', 'DID', '接入号码'],
  ['language', 'Language', '语言'],
  ['customer', 'Customer', '客户'],
  ['flow', 'Flow', '流程'],
  ['queue', 'Queue', '队列'],
  ['agent', 'Agent', '坐席'],
  ['outcome', 'Outcome', '结果'],
  ['waitMs', 'Waited', '等待', 'duration'],
  ['talkMs', 'Talked', '通话', 'duration'],
  ['holdMs', 'Held', '保持', 'duration'],
  ['wrapUpMs', 'Wrap-up', '话后处理', 'duration'],
  ['disposition', 'Disposition', '小结'],
  ['note', 'Note', '备注'],
  ['endedWhere', 'Ended in', '结束阶段'],
  ['endedBy', 'Ended by', '结束方'],
  ['sipStatus', 'SIP status', 'SIP 状态', 'number'],
  ['team', 'Team', '团队'],
  ['id', 'Interaction', '会话编号'],
  ['callId', 'Call-ID', 'Call-ID'],
];

const pageSize = 500;

export interface InteractionSheetArgs {
  filter: InteractionFilter;
  /** Of the times: IANA name. */
  timeZone: string;
}

export function interactionHeadings(language: Language): string[] {
  return columns.map(([, en, zh]) => (language === 'zh' ? zh : en));
}

/** All that the filter finds, newest first. */
export const interactionSheet = readStream(
  import.meta.url,
  'interactionSheet',
  function* (database, { filter, timeZone }: InteractionSheetArgs) {
    const interactions = interactionsOn(database);
    const zone = new ZoneClock(timeZone);
    const wallClock = (at: Millis | undefined) => (at === undefined ? undefined : at + zone.offset(at));
    const cells = columns.map(
      ([field, heading, , kind = 'text']): SheetColumn<InteractionRecord> => ({
        heading,
        kind,
        cell: (record) => {
          const value = record[field] as string | number | undefined;
          return kind === 'date' ? wallClock(value as Millis | undefined) : value;
        },
      }),
    );
    let index = 0;
    let after: string | undefined;
    do {
      const page = interactions.list(filter, { limit: pageSize, after });
      yield page.interactions.map((record) => rowOf(cells, record, index++)).join('');
      after = page.next;
    } while (after !== undefined);
  },
);
