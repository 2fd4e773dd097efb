export { type CellKind, rowOf, type SheetColumn } from './cells.ts';
export { mediaType } from './parts.ts';
export { type Sheet, workbook } from './workbook.ts';
