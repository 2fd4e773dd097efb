// From zod's issues to sentences that name the key, the place and what was probably meant.
import { z } from 'zod';
import type { JsonDocument, Path, Place } from './document.ts';
import type { FindingCode } from './finding.ts';
import { didYouMean } from './nearest.ts';

export interface ShapeFault {
  code: FindingCode;
  place: Place;
  sentence: string;
}

/** The value, if it has the schema's shape, else what is wrong with it. */
export function readShape<T>(
  schema: z.ZodType<T>,
  document: JsonDocument,
): { value: T; faults: [] } | { value: undefined; faults: ShapeFault[] } {
  const read = schema.safeParse(document.value, { reportInput: true });
  if (read.success) return { value: read.data, faults: [] };
  const faults = flatten(read.error.issues, []).flatMap(({ issue, path }) => faultsOf(issue, path, document, schema));
  return { value: undefined, faults };
}

type Issue = z.core.$ZodIssue;
interface Located {
  issue: Issue;
  path: Path;
}

/** Of a union, the branch that came farthest: the one that was meant. */
function flatten(issues: readonly Issue[], base: Path): Located[] {
  return issues.flatMap((issue): Located[] => {
    const path = [...base, ...(issue.path as (string | number)[])];
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ issue, path }];
    const branches = issue.errors.map((branch) => flatten(branch, path));
    const best = branches.reduce((a, b) => (depth(b, path) > depth(a, path) ? b : a));
    return depth(best, path) > 0 ? best : [{ issue, path }];
  });
}

/** How far into the value a branch came: a wrong key inside is nearer to what was meant than a wrong type outside. */
function depth(branch: Located[], base: Path): number {
  return Math.max(
    ...branch.map(({ issue, path }) => path.length - base.length + (issue.code === 'invalid_type' ? 0 : 0.5)),
    0,
  );
}

function faultsOf(issue: Issue, path: Path, document: JsonDocument, schema: z.ZodType): ShapeFault[] {
  const where = path.length === 0 ? 'the file' : `"${String(path.at(-1))}"`;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path, document.value);
      return issue.keys.map((key) => ({
        code: 'key-unknown',
        place: document.placeOfKey([...path, key]),
        sentence: `There is no key "${key}" here.${didYouMean(key, known) || listed('It takes', known)}`,
      }));
    }
    case 'invalid_type':
      if (issue.input === undefined && path.length > 0) return [missing(path, document)];
      return [
        {
          code: 'value-wrong',
          place: document.placeOf(path),
          sentence: `${capital(where)} must be ${kinds[issue.expected] ?? issue.expected}.`,
        },
      ];
    case 'invalid_union': {
      if (issue.input === undefined && path.length > 0) return [missing(path, document)];
      if (issue.discriminator === undefined) {
        return [
          {
            code: 'value-wrong',
            place: document.placeOf(path),
            sentence: `${capital(where)} is not of a kind that is possible here.`,
          },
        ];
      }
      const of = path.at(-1) === issue.discriminator ? path.slice(0, -1) : path;
      const written = (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator];
      const types = typeNames(schema);
      if (typeof written !== 'string') {
        return [
          {
            code: 'key-missing',
            place: document.placeOf(of),
            sentence: `The key "type" is missing${owner([...of, 'type'])}.${listed('It is one of', types)}`,
          },
        ];
      }
      return [
        {
          code: 'type-unknown',
          place: document.placeOf([...of, issue.discriminator]),
          sentence: `There is no type of node "${written}".${didYouMean(written, types) || listed('It is one of', types)}`,
        },
      ];
    }
    case 'invalid_key':
      return [
        {
          code: 'value-wrong',
          place: document.placeOfKey(path),
          sentence: `The name ${where} ${issue.issues[0]?.message ?? 'is not possible here'}.`,
        },
      ];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof issue.input === 'string' ? didYouMean(issue.input, values) : '';
      return [
        {
          code: 'value-wrong',
          place: document.placeOf(path),
          sentence: `${capital(where)} must be one of ${values.map((v) => `"${v}"`).join(', ')}.${hint}`,
        },
      ];
    }
    case 'invalid_format':
      return [
        {
          code: 'value-wrong',
          place: document.placeOf(path),
          sentence: `${capital(where)}: ${shown(issue.input)} ${issue.message}.`.replace('" must', '" must'),
        },
      ];
    case 'too_small':
      return [
        {
          code: 'value-wrong',
          place: document.placeOf(path),
          sentence: `${capital(where)} must ${size(issue.origin, 'at least', Number(issue.minimum))}.`,
        },
      ];
    case 'too_big':
      return [
        {
          code: 'value-wrong',
          place: document.placeOf(path),
          sentence: `${capital(where)} must ${size(issue.origin, 'at most', Number(issue.maximum))}.`,
        },
      ];
    default:
      return [{ code: 'value-wrong', place: document.placeOf(path), sentence: `${capital(where)}: ${issue.message}.` }];
  }
}

function missing(path: Path, document: JsonDocument): ShapeFault {
  const sentence = `The key "${String(path.at(-1))}" is missing${owner(path)}.`;
  return { code: 'key-missing', place: document.placeOf(path.slice(0, -1)), sentence };
}

const kinds: Record<string, string> = {
  string: 'a text in "quotes"',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object { … }',
  record: 'an object { … }',
  array: 'a list [ … ]',
};

function size(origin: string, how: string, n: number): string {
  if (origin === 'string') return n === 1 && how === 'at least' ? 'not be empty' : `have ${how} ${n} characters`;
  if (origin === 'array') return n === 1 && how === 'at least' ? 'not be empty' : `have ${how} ${n} entries`;
  return `be ${how} ${n}`;
}

function owner(path: Path): string {
  const holder = path.slice(0, -1);
  const name = holder.findLast((step) => typeof step === 'string');
  return name === undefined ? '' : ` in "${String(name)}"`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const shown = (value: unknown) => (typeof value === 'string' ? `"${value}"` : String(value));
const listed = (lead: string, names: readonly string[]) =>
  names.length === 0 ? '' : ` ${lead} ${names.map((n) => `"${n}"`).join(', ')}.`;

/** The keys that the schema knows at that path; of a union by `type`, those of that type. */
function keysAt(schema: z.ZodType, path: Path, root: unknown): string[] {
  let here: z.core.$ZodType[] = [schema];
  let value = root;
  const settle = () => {
    here = here.flatMap((each) => open(each, value));
  };
  settle();
  for (const step of path) {
    value = (value as Record<string | number, unknown> | undefined)?.[step];
    here = here.flatMap((each) => inside(each, step));
    settle();
  }
  return [...new Set(here.flatMap((each) => (each instanceof z.ZodObject ? Object.keys(each.shape) : [])))];
}

function open(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return open(schema.unwrap(), value);
  if (!(schema instanceof z.ZodUnion)) return [schema];
  const options = schema.options.flatMap((option) => open(option as z.core.$ZodType, value));
  const type = (value as { type?: unknown } | undefined)?.type;
  const same = options.filter((o) => o instanceof z.ZodObject && literal(o.shape.type) === type && type !== undefined);
  return same.length > 0 ? same : options;
}

function inside(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const next: unknown = schema.shape[step as string];
    return next === undefined ? [] : [next as z.core.$ZodType];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodArray) return [schema.element];
  return [];
}

const literal = (schema: unknown) => (schema instanceof z.ZodLiteral ? schema.value : undefined);

/** The types of the first union by type that the schema holds. */
function typeNames(schema: z.ZodType): string[] {
  const nodes = schema instanceof z.ZodObject ? schema.shape.nodes : undefined;
  const union = nodes instanceof z.ZodRecord ? nodes.valueType : undefined;
  if (!(union instanceof z.ZodUnion)) return [];
  return union.options.flatMap((o) => (o instanceof z.ZodObject ? [String(literal(o.shape.type))] : []));
}
