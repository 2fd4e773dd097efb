// JSON Schema as the server's OpenAPI document has it: the forms are made from it, so that they never lag behind the API.
import { RestFailed, rest } from '../rest.ts';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
}

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  components: { schemas: Record<string, Schema> };
}

let document: Promise<Document> | undefined;

/** The schema of what is put to `/<collection>/{key}`, with a way to follow its references. @throws RestFailed */
export async function bodySchema(collection: string): Promise<{ schema: Schema; resolve: Resolve }> {
  // Not kept where it failed: asked for again by the next page.
  document ??= rest<Document>('/openapi.json').catch((error: unknown) => {
    document = undefined;
    throw error;
  });
  const { paths, components } = await document;
  const schema = paths[`/${collection}/{key}`]?.put?.requestBody?.content['application/json']?.schema;
  if (schema === undefined) throw new RestFailed(404, 'no-such-endpoint', `PUT /${collection}/{key}`);
  const resolve: Resolve = (one) => {
    let found = one;
    while (found.$ref !== undefined) {
      const { $ref, ...rest } = found;
      const target = components.schemas[$ref.replace('#/components/schemas/', '')];
      if (target === undefined) return {};
      found = { ...target, ...rest };
    }
    return found;
  };
  return { schema: resolve(schema), resolve };
}

/** Follows `$ref`; what is said beside the reference goes before what it refers to. */
export type Resolve = (schema: Schema) => Schema;

/** Of a value what its schema knows: what a record shows besides (its site, a realm) is not for putting. */
export function known(value: unknown, schema: Schema, resolve: Resolve): unknown {
  const { properties } = resolve(schema);
  if (properties === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      const of = properties[name];
      return of === undefined ? [] : [[name, known(part, of, resolve)]];
    }),
  );
}

/** What a new value of this schema begins with. */
export function emptyOf(schema: Schema, resolve: Resolve): unknown {
  const {
    type,
    default: given,
    const: fixed,
    enum: choices,
    oneOf,
    anyOf,
    properties,
    required = [],
  } = resolve(schema);
  if (given !== undefined) return structuredClone(given);
  if (fixed !== undefined) return fixed;
  if (oneOf?.[0] !== undefined) return emptyOf(oneOf[0], resolve);
  if (anyOf?.[0] !== undefined) return emptyOf(anyOf[0], resolve);
  if (choices !== undefined) return choices[0];
  if (type === 'object') {
    const entries = Object.entries(properties ?? {}).filter(([name]) => required.includes(name));
    return Object.fromEntries(entries.map(([name, one]) => [name, emptyOf(one, resolve)]));
  }
  if (type === 'array') return [];
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return resolve(schema).minimum ?? 0;
  return '';
}
