// Completion in JSON: keys and values that its schema has at that place, and names where one is meant.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';

interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

export interface JsonSchema extends Schema {
  $defs?: Record<string, Schema>;
}

export type Path = (string | number)[];

/** What may stand as a text at a place besides what the schema says. @param root the document as far as it can be read */
export type NamesAt = (path: Path, root: unknown) => { names: readonly string[]; type: string }[];

export function completeJson(schema: JsonSchema, namesAt: NamesAt) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const at = syntaxTree(state).resolveInner(pos, -1);
    const inName = at.name === 'PropertyName';
    const inValue = at.name === 'String';
    if (!inName && !inValue && !explicit) return null;
    const from = inName || inValue ? at.from : pos;
    const to = inName || inValue ? at.to : pos;
    const root = readValue(state, syntaxTree(state).topNode);

    if (inName || (!inValue && at.name === 'Object')) {
      const object = inName ? at.parent?.parent : at;
      if (object?.name !== 'Object') return null;
      const path = pathOf(state, object);
      const here = valueAt(root, path);
      const present = new Set(typeof here === 'object' && here !== null ? Object.keys(here) : []);
      if (inName) present.delete(textOf(state, at));
      const options = schemasAt(schema, root, path).flatMap((one) =>
        Object.entries(one.properties ?? {})
          .filter(([key]) => !present.has(key))
          .map(([key, of]) => property(key, resolve(schema, of), inName)),
      );
      return options.length === 0 ? null : { from, to, options: unique(options) };
    }

    const inProperty = inValue ? at.parent : undefined;
    const path = pathOf(state, at);
    const options: Completion[] = schemasAt(schema, root, path)
      .flatMap((one) => [one, ...(one.anyOf ?? []), ...(one.oneOf ?? [])].map((each) => resolve(schema, each)))
      .flatMap((one) => (one.const !== undefined ? [one.const] : (one.enum ?? [])))
      .filter((one): one is string => typeof one === 'string')
      .map((one) => ({ label: JSON.stringify(one), type: 'enum' }));
    for (const { names, type } of namesAt(path, root))
      options.push(...names.map((one) => ({ label: JSON.stringify(one), type })));
    if (inProperty == null || options.length === 0) return null;
    return { from, to, options: unique(options) };
  };
}

/** A key with what its value begins with. */
function property(key: string, schema: Schema, replacing: boolean): Completion {
  const begin = schema.type === 'object' ? '{}' : schema.type === 'array' ? '[]' : '""';
  return {
    label: JSON.stringify(key),
    type: 'property',
    ...(schema.description === undefined ? {} : { info: schema.description }),
    apply: replacing ? JSON.stringify(key) : `${JSON.stringify(key)}: ${begin}`,
  };
}

/** The schemas that may hold at a path; a choice between shapes is narrowed by the value's own `type`. */
function schemasAt(root: JsonSchema, value: unknown, path: Path): Schema[] {
  let found: Schema[] = narrowed(root, root, value);
  let here: unknown = value;
  for (const step of path) {
    here = typeof here === 'object' && here !== null ? (here as Record<string | number, unknown>)[step] : undefined;
    found = found.flatMap((one) => {
      const next =
        typeof step === 'number'
          ? one.items
          : (one.properties?.[step] ??
            (typeof one.additionalProperties === 'object' ? one.additionalProperties : undefined));
      return next === undefined ? [] : narrowed(root, next, here);
    });
  }
  return found;
}

function narrowed(root: JsonSchema, schema: Schema, value: unknown): Schema[] {
  const one = resolve(root, schema);
  const shapes = (one.oneOf ?? one.anyOf)?.flatMap((each) => narrowed(root, each, value));
  if (shapes === undefined) return [one];
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  const fitting = shapes.filter((shape) => {
    const tag = shape.properties?.type;
    return tag === undefined || type === undefined || resolve(root, tag).const === type;
  });
  return fitting.length > 0 ? fitting : shapes;
}

function resolve(root: JsonSchema, schema: Schema): Schema {
  let found = schema;
  while (found.$ref !== undefined) {
    const { $ref, ...rest } = found;
    const target = root.$defs?.[$ref.replace('#/$defs/', '')];
    if (target === undefined) return rest;
    found = { ...target, ...rest };
  }
  return found;
}

/** Where a value stands in the document. */
function pathOf(state: EditorState, node: SyntaxNode): Path {
  const path: Path = [];
  for (let one: SyntaxNode | null = node; one !== null; one = one.parent) {
    const parent: SyntaxNode | null = one.parent;
    if (parent?.name === 'Property' && one.name !== 'PropertyName') {
      const name = parent.getChild('PropertyName');
      if (name !== null) path.unshift(textOf(state, name));
    } else if (parent?.name === 'Array') {
      let place = 0;
      for (let before = one.prevSibling; before !== null; before = before.prevSibling) if (isValue(before)) place++;
      path.unshift(place);
    }
  }
  return path;
}

/** The document as a value as far as it can be read; it is being written, and may be broken anywhere. */
function readValue(state: EditorState, node: SyntaxNode | null): unknown {
  switch (node?.name) {
    case 'JsonText':
      return readValue(state, firstValue(node));
    case 'Object': {
      const found: Record<string, unknown> = {};
      for (const property of node.getChildren('Property')) {
        const name = property.getChild('PropertyName');
        if (name !== null) found[textOf(state, name)] = readValue(state, firstValue(property));
      }
      return found;
    }
    case 'Array': {
      const found: unknown[] = [];
      for (let child = node.firstChild; child !== null; child = child.nextSibling) {
        if (isValue(child)) found.push(readValue(state, child));
      }
      return found;
    }
    case 'String':
      return textOf(state, node);
    default:
      return undefined;
  }
}

function firstValue(node: SyntaxNode): SyntaxNode | null {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) if (isValue(child)) return child;
  return null;
}

function isValue(node: SyntaxNode): boolean {
  return ['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null'].includes(node.name);
}

function textOf(state: EditorState, node: SyntaxNode): string {
  const text = state.sliceDoc(node.from, node.to);
  try {
    return String(JSON.parse(text));
  } catch {
    // The closing quote is not written yet.
    return text.replace(/^"|"$/g, '');
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (here, step) =>
      typeof here === 'object' && here !== null ? (here as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}

function unique(options: Completion[]): Completion[] {
  const seen = new Set<string>();
  return options.filter(({ label }) => !seen.has(label) && seen.add(label));
}
