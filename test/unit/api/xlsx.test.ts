// Workbooks, read back by a program that is not ours.
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import readWorkbook from 'read-excel-file/node';
import { expect, it } from 'vitest';
import { rowOf, type SheetColumn, workbook } from '../../../server/api/xlsx/index.ts';

type Row = Record<'text' | 'number' | 'percent' | 'duration' | 'date', string | number | undefined>;

const columns: SheetColumn<Row>[] = (['text', 'number', 'percent', 'duration', 'date'] as const).map((kind) => ({
  heading: kind,
  kind,
  cell: (row) => row[kind],
}));
const headings = columns.map(({ heading }) => heading);

async function* pieces(rows: Row[], size: number, most?: number): AsyncGenerator<string> {
  for (let at = 0; at < rows.length; at += size) {
    yield rows
      .slice(at, at + size)
      .map((row, place) => rowOf(columns, row, at + place, most))
      .join('');
  }
}

it('hold numbers as numbers, dates as dates, any text, and no formula', async () => {
  const texts = [
    '客户服务 𠮷',
    '<b>&"\'',
    '=HYPERLINK("http://evil.example")',
    '+8613800138000',
    '_x0041_\u0007',
    '\ud800!',
  ];
  const rows = texts.map((text, at) => ({
    text,
    number: at - 2.5,
    percent: 0.815,
    duration: 25 * 3_600_000 + 61_000,
    date: Date.UTC(2026, 2, 29, 2, 30),
  }));
  rows.push({ text: '', number: Number.NaN, percent: undefined, duration: undefined, date: undefined } as never);
  const file = await buffer(workbook({ name: '队列', headings, rows: pieces(rows, 4) }));
  const [sheet, ...more] = await readWorkbook(file);
  expect([sheet?.sheet, more]).toEqual(['队列', []]);
  const [first, ...data] = sheet?.data ?? [];
  expect(first).toEqual(headings);
  expect(data.map(([text]) => text).slice(0, 6)).toEqual([...texts.slice(0, 5), '\ufffd!']);
  expect(data[0]?.slice(1)).toEqual([
    -2.5,
    0.815,
    // A time span is a date since the sheets' day 0 to this reader.
    new Date(Date.UTC(1899, 11, 30) + 25 * 3_600_000 + 61_000),
    new Date(Date.UTC(2026, 2, 29, 2, 30)),
  ]);
  expect((data[6] ?? []).every((cell) => cell === null)).toBe(true);
});

it('go on in the next sheet where one is full', async () => {
  const rows = Array.from({ length: 11 }, (_, number) => ({ number }) as Row);
  const file = await buffer(workbook({ name: 'All', headings, rows: pieces(rows, 4, 6) }, 6));
  const sheets = await readWorkbook(file);
  expect(sheets.map(({ sheet, data }) => [sheet, data.slice(1).map((row) => row[1])])).toEqual([
    ['All', [0, 1, 2, 3, 4]],
    ['All 2', [5, 6, 7, 8, 9]],
    ['All 3', [10]],
  ]);
  const empty = await buffer(workbook({ name: 'None', headings, rows: pieces([], 1) }));
  expect((await readWorkbook(empty))[0]?.data).toEqual([headings]);
});

it('end with the error of their rows, and end their rows where nobody reads on', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield rowOf(columns, { number: 1 } as Row, 0);
    throw new Error('the disk is gone');
  }
  await expect(buffer(workbook({ name: 'A', headings, rows: broken() }))).rejects.toThrow('the disk is gone');

  let ended = false;
  async function* endless(): AsyncGenerator<string> {
    try {
      for (let at = 0; ; at++) yield rowOf(columns, { text: `${Math.sin(at)}`.repeat(20) } as Row, at);
    } finally {
      ended = true;
    }
  }
  const output = workbook({ name: 'A', headings, rows: endless() });
  let bytes = 0;
  for await (const piece of output) {
    bytes += (piece as Buffer).length;
    if (bytes > 100_000) break;
  }
  await finished(output).catch(() => undefined);
  await expect.poll(() => ended).toBe(true);
});
