// A report to take away: the same rows as CSV, whose headings are names for programs, and as a workbook in the reader's language.
import { z } from 'zod';
import type { Language } from '../../values/index.ts';
import type { Principal } from '../directory/index.ts';
import { csvLine } from './csv.ts';
import { type Endpoint, endpoint, staff } from './endpoint.ts';
import { csvColumns, type ExportColumn, sheetColumns } from './report-columns.ts';
import { sendCsv } from './send-csv.ts';
import { sendXlsx } from './send-xlsx.ts';
import { mediaType, rowOf } from './xlsx/index.ts';

export interface Download<Query, Row> {
  /** Of the path, `/reports/<name>.csv`, and of the file. */
  name: string;
  /** With `byteOrderMark`, for CSV. */
  queryWithMark: z.ZodType<Query & { bom: boolean }>;
  /** The same with `inLanguage`, for the workbook. */
  queryInLanguage: z.ZodType<Query & { language: Language }>;
  title: Record<Language, string>;
  columns: (language: Language) => ExportColumn<Row>[];
  rows: (query: Query, principal: Principal) => Promise<readonly Row[]>;
}

export const inLanguage = { language: z.enum(['en', 'zh']).default('en').describe('Of headings and names') };

export function downloads<Query, Row>(one: Download<Query, Row>): Endpoint[] {
  const { name, queryWithMark, queryInLanguage, title, columns, rows } = one;
  return [
    endpoint({
      method: 'get',
      path: `/reports/${name}.csv`,
      tag: 'Reports',
      about: 'The same as CSV.',
      roles: staff,
      query: queryWithMark,
      raw: 'text/csv',
      async handle({ query, principal, response }) {
        const pieces = csvPieces(csvColumns(columns('en')), await rows(query, principal));
        await sendCsv(response, `${name}.csv`, pieces, query.bom);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: `/reports/${name}.xlsx`,
      tag: 'Reports',
      about: 'The same as a workbook, with dates, times and shares as such.',
      roles: staff,
      query: queryInLanguage,
      raw: mediaType,
      async handle({ query, principal, response }) {
        const { language } = query;
        const found = await rows(query, principal);
        const sheet = sheetColumns(columns(language), language);
        await sendXlsx(response, `${name}.xlsx`, {
          name: title[language],
          headings: sheet.map(({ heading }) => heading),
          pieces: inPieces(found, (row, at) => rowOf(sheet, row, at)),
        });
        return undefined;
      },
    }),
  ];
}

async function* csvPieces<Row>(columns: [string, (row: Row) => unknown][], rows: readonly Row[]) {
  yield csvLine(columns.map(([heading]) => heading));
  yield* inPieces(rows, (row) => csvLine(columns.map(([, cell]) => cell(row))));
}

async function* inPieces<Row>(rows: readonly Row[], write: (row: Row, at: number) => string): AsyncIterable<string> {
  for (let at = 0; at < rows.length; at += 500) {
    yield rows
      .slice(at, at + 500)
      .map((row, place) => write(row, at + place))
      .join('');
  }
}
