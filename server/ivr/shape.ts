// From zod's issues to sentences that name the key, the place and what was probably meant.
import { z } from 'zod';
import type { JsonDocument, Path, Place } from './document.ts';
import type { FindingCode } from './finding.ts';
import { meant } from './nearest.ts';
import type { Said, SentenceName } from './sentences.ts';

export interface ShapeFault {
  code: FindingCode;
  place: Place;
  said: readonly Said[];
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
  const where: Said =
    path.length === 0 ? { say: 'the-file' } : { say: 'quoted', values: { name: String(path.at(-1)) } };
  const wrong = (...said: Said[]): ShapeFault[] => [{ code: 'value-wrong', place: document.placeOf(path), said }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path, document.value);
      return issue.keys.map((key) => ({
        code: 'key-unknown',
        place: document.placeOfKey([...path, key]),
        said: [{ say: 'key-unknown', values: { key } }, ...meantOr(key, known, 'it-takes')],
      }));
    }
    case 'invalid_type': {
      if (issue.input === undefined && path.length > 0) return [missing(path, document)];
      const say = kinds[issue.expected];
      const kind: Said = say === undefined ? { say: 'kind-other', values: { kind: issue.expected } } : { say };
      return wrong({ say: 'must-be', values: { where, kind } });
    }
    case 'invalid_union': {
      if (issue.input === undefined && path.length > 0) return [missing(path, document)];
      if (issue.discriminator === undefined) return wrong({ say: 'kind-impossible', values: { where } });
      const of = path.at(-1) === issue.discriminator ? path.slice(0, -1) : path;
      const written = (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator];
      const types = typeNames(schema);
      if (typeof written !== 'string') {
        const owner = ownerOf([...of, 'type']);
        const said: Said =
          owner === undefined ? { say: 'type-missing' } : { say: 'type-missing-in', values: { owner } };
        return [{ code: 'key-missing', place: document.placeOf(of), said: [said, ...listed('it-is-one-of', types)] }];
      }
      return [
        {
          code: 'type-unknown',
          place: document.placeOf([...of, issue.discriminator]),
          said: [{ say: 'type-unknown', values: { type: written } }, ...meantOr(written, types, 'it-is-one-of')],
        },
      ];
    }
    case 'invalid_key': {
      const reason = because(issue.issues[0]?.message ?? 'is not possible here');
      const place = document.placeOfKey(path);
      return [{ code: 'value-wrong', place, said: [{ say: 'name-impossible', values: { where, reason } }] }];
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof issue.input === 'string' ? meant(issue.input, values) : [];
      return wrong({ say: 'one-of', values: { where, names: values.map((v) => `"${v}"`).join(', ') } }, ...hint);
    }
    case 'invalid_format':
      return wrong({
        say: 'format-wrong',
        values: { where, value: shown(issue.input), reason: because(issue.message) },
      });
    case 'too_small':
      return wrong(size(where, issue.origin, 'least', Number(issue.minimum)));
    case 'too_big':
      return wrong(size(where, issue.origin, 'most', Number(issue.maximum)));
    default:
      return wrong({ say: 'otherwise-wrong', values: { where, reason: because(issue.message) } });
  }
}

function missing(path: Path, document: JsonDocument): ShapeFault {
  const key = String(path.at(-1));
  const owner = ownerOf(path);
  const said: Said =
    owner === undefined ? { say: 'key-missing', values: { key } } : { say: 'key-missing-in', values: { key, owner } };
  return { code: 'key-missing', place: document.placeOf(path.slice(0, -1)), said: [said] };
}

const kinds: Record<string, SentenceName> = {
  string: 'kind-text',
  number: 'kind-number',
  int: 'kind-whole',
  boolean: 'kind-boolean',
  object: 'kind-object',
  record: 'kind-object',
  array: 'kind-list',
};

function size(where: Said, origin: string, how: 'least' | 'most', n: number): Said {
  if (origin !== 'string' && origin !== 'array') return { say: `number-${how}`, values: { where, n } };
  if (n === 1 && how === 'least') return { say: 'not-empty', values: { where } };
  return { say: origin === 'string' ? `characters-${how}` : `entries-${how}`, values: { where, n } };
}

function ownerOf(path: Path): string | undefined {
  return path.slice(0, -1).findLast((step) => typeof step === 'string');
}

/** What a schema says of a value, in the words of its own. */
const because = (reason: string): Said => ({ say: 'reason', values: { reason } });
const shown = (value: unknown) => (typeof value === 'string' ? `"${value}"` : String(value));
const listed = (say: 'it-takes' | 'it-is-one-of', names: readonly string[]): Said[] =>
  names.length === 0 ? [] : [{ say, values: { names: names.map((n) => `"${n}"`).join(', ') } }];

function meantOr(written: string, names: readonly string[], otherwise: 'it-takes' | 'it-is-one-of'): Said[] {
  const other = meant(written, names);
  return other.length > 0 ? other : listed(otherwise, names);
}

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
