// The OpenAPI 3.1 document, from the same endpoints and schemas that the router runs.
import { z } from 'zod';
import { errorRegistry } from '../../values/index.ts';
import type { Endpoint } from './endpoint.ts';

type Json = Record<string, unknown>;

const errorRef = { $ref: '#/components/responses/Error' };

const conditions: Json[] = [
  {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of what was read and is changed; where it is another by now, `changed-meanwhile`',
    schema: { type: 'string' },
  },
  {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: '`*`: only where there is none of that name yet, else `changed-meanwhile`',
    schema: { type: 'string', const: '*' },
  },
];

/** @param version of the product */
export function openApi(endpoints: readonly Endpoint[], version: string): Json {
  const schemas: Json = {
    Error: {
      type: 'object',
      required: ['code', 'message', 'details'],
      properties: {
        code: { type: 'string', enum: [...errorRegistry.keys()].sort(), description: 'See docs/errors.md' },
        message: { type: 'string' },
        field: { type: 'string', description: 'The field that is wrong, where there is one' },
        details: { type: 'object' },
      },
    },
  };
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][endpoint.method] = operation(endpoint, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchroom API',
      version,
      description: [
        'Times are milliseconds since 1970 UTC, durations milliseconds, numbers E.164 where they could be understood.',
        'People log in by POST /session (cookie, and X-CSRF-Token with every change); programs send `Authorization: Bearer swr_…`.',
        'Errors are { code, message, field?, details }.',
      ].join('\n\n'),
    },
    servers: [{ url: '/api/v1' }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      responses: {
        Error: {
          description: 'What is wrong',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'switchroom_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operation(endpoint: Endpoint, schemas: Json): Json {
  const { method, path, tag, about, roles, params, query, body, answer, raw, status, errors = [] } = endpoint;
  const names = errors.map((code) => `\`${code}\` (${errorRegistry.get(code)?.status ?? 500})`);
  return {
    operationId: `${method} ${path}`.replace(/[^a-zA-Z]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tag],
    summary: about,
    description: [
      roles === 'public'
        ? 'No login needed.'
        : `Roles: ${[...roles, ...(endpoint.connectors ? ['connector'] : [])].join(', ')}.`,
      ...(names.length > 0 ? [`Errors: ${names.join(', ')}.`] : []),
    ].join(' '),
    ...(roles === 'public' ? { security: [] } : { security: [{ session: [] }, { token: [] }] }),
    parameters: [
      ...parameters('path', params, schemas),
      ...parameters('query', query, schemas),
      ...(endpoint.conditional ? conditions : []),
    ],
    ...(endpoint.byteBody
      ? { requestBody: { required: true, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } } }
      : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input', schemas) } },
          },
        }
      : {}),
    responses: {
      [status ?? (answer || raw ? 200 : 204)]: {
        description: 'Done',
        ...(raw ? { content: { [raw]: { schema: { type: 'string' } } } } : {}),
        ...(answer ? { content: { 'application/json': { schema: schemaOf(answer, 'output', schemas) } } } : {}),
      },
      '4XX': errorRef,
      '5XX': errorRef,
    },
  };
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined, schemas: Json): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) => {
    const { description, ...rest } = schemaOf(type, 'output', schemas);
    const required = place === 'path' || !type.safeParse(undefined).success;
    return { name, in: place, required, ...(description ? { description } : {}), schema: rest };
  });
}

/** JSON Schema of a zod type; those with an id go to the components and are referred to. */
function schemaOf(type: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _, $defs = {}, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' }) as Json;
  for (const [id, definition] of Object.entries($defs as Record<string, Json>)) {
    schemas[id] ??= withoutId(relocated(definition));
  }
  const { id } = z.globalRegistry.get(type) ?? {};
  if (id === undefined) return relocated(schema);
  schemas[id] ??= withoutId(relocated(schema));
  return { $ref: `#/components/schemas/${id}` };
}

function withoutId({ id: _, ...schema }: Json): Json {
  return schema;
}

/** References to where the components stand. */
function relocated(value: Json): Json {
  const text = JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as Json;
}
