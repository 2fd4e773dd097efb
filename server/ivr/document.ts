// A JSON text with positions: the checker's findings point at the very key that is wrong.
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Said, type SentenceName, sentenceIn, sentences } from './sentences.ts';

export type Path = readonly (string | number)[];

export interface Place {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units, as editors count. */
  column: number;
}

export interface JsonDocument {
  /** Undefined where the text is no JSON. */
  readonly value: unknown;
  readonly errors: readonly { place: Place; sentence: string; said: readonly Said[] }[];
  /** Keys that stand twice in one object; JSON keeps only the last, silently. */
  readonly twice: readonly { place: Place; key: string }[];
  /** Where the value stands; of what is missing, where the next thing around it stands. */
  placeOf(path: Path): Place;
  /** Where the key stands: the last step of the path must be a key of an object. */
  placeOfKey(path: Path): Place;
}

/** Reads a JSON text (RFC 8259, no comments). Never throws. */
export function readJson(text: string): JsonDocument {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const found: ParseError[] = [];
  const root = parseTree(source, found, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  });
  const lines = lineStarts(source);
  const place = (offset: number) => placeAt(lines, offset);
  // Beyond the first one, errors are mostly echoes of it.
  const errors = found.slice(0, 1).map(({ offset, error }) => {
    const name = printParseErrorCode(error);
    const said: Said[] = [{ say: Object.hasOwn(sentences, name) ? (name as SentenceName) : 'no-json' }];
    return { place: place(offset), sentence: sentenceIn('en', said), said };
  });
  const twice: { place: Place; key: string }[] = [];
  if (root) findTwice(root, (key, offset) => twice.push({ place: place(offset), key }));

  const nodeAt = (path: Path): Node | undefined => root && findNodeAtLocation(root, [...path]);
  return {
    value: errors.length === 0 ? JSON.parse(source) : undefined,
    errors,
    twice,
    placeOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const node = nodeAt(path.slice(0, length));
        if (node) return place(node.offset);
      }
      return { line: 1, column: 1 };
    },
    placeOfKey(path) {
      const key = nodeAt(path)?.parent?.children?.[0];
      return key ? place(key.offset) : this.placeOf(path);
    },
  };
}

function findTwice(node: Node, report: (key: string, offset: number) => void): void {
  const seen = new Set<string>();
  for (const child of node.children ?? []) {
    const key = node.type === 'object' ? child.children?.[0] : undefined;
    if (key) {
      if (seen.has(key.value)) report(key.value, key.offset);
      seen.add(key.value);
    }
    findTwice(child, report);
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function placeAt(starts: number[], offset: number): Place {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}
