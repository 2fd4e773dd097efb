// Endpoints on Express: authentication, roles, CSRF, schemas, answers.
import { timingSafeEqual } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { invalidField, type Principal } from '../directory/index.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoint } from './endpoint.ts';
import { failed } from './errors.ts';
import { noteActed } from './note-acted.ts';

const bodyLimit = '256kb';
const textLimit = '1mb';
const largeLimit = '4mb';

/** Called when a request of an endpoint is over, for metrics. */
export type Done = (endpoint: Endpoint, status: number, ms: number) => void;

export function makeRouter(endpoints: readonly Endpoint[], deps: ApiDeps, done: Done): Router {
  const router = express.Router();
  const json = express.json({ limit: bodyLimit, type: 'application/json' });
  const text = express.text({ limit: textLimit, type: 'application/json' });
  const large = express.json({ limit: largeLimit, type: 'application/json' });
  for (const endpoint of endpoints) {
    const body = endpoint.textBody ? text : endpoint.large ? large : json;
    const admit = (request: Request, response: Response, next: () => void): void => {
      const began = performance.now();
      response.on('finish', () => done(endpoint, response.statusCode, performance.now() - began));
      response.locals.principal = admitted(endpoint, request, deps);
      if (endpoint.body && !request.is('application/json')) throw failed['content-type-unsupported']();
      next();
    };
    const handle = (request: Request, response: Response) => answer(endpoint, request, response, deps);
    if (endpoint.byteBody) router[endpoint.method](endpoint.path, admit, handle);
    else router[endpoint.method](endpoint.path, admit, body, handle);
  }
  return router;
}

/** @throws not-logged-in, second-factor-first, not-allowed, csrf-failed */
function admitted(endpoint: Endpoint, request: Request, { accounts, origins = [] }: ApiDeps): Principal | undefined {
  const unsafe = endpoint.method !== 'get';
  const { cookie, authorization, origin } = request.headers;
  if (unsafe && origin !== undefined && !ours(origin, request, origins)) {
    throw failed['csrf-failed']({ reason: 'its Origin is another' });
  }
  const principal = accounts.authenticate({ cookie, authorization });
  if (endpoint.roles === 'public') return principal;
  if (principal === undefined) throw failed['not-logged-in']();
  if (principal.needs !== undefined && !endpoint.unfinished) throw failed['second-factor-first']();
  const admitted = endpoint.roles.some((role) => principal.roles.includes(role));
  if (!admitted && !(endpoint.connectors && principal.connector)) {
    throw failed['not-allowed']({ roles: rolesOf(endpoint, endpoint.roles) });
  }
  // A cookie goes along with any page's requests; what proves that our page asks is the header.
  if (unsafe && principal.kind === 'session' && !sameText(request.get('x-csrf-token'), principal.csrf)) {
    throw failed['csrf-failed']({ reason: 'the header X-CSRF-Token is missing or wrong' });
  }
  return principal;
}

function rolesOf({ connectors }: Endpoint, roles: readonly string[]): string {
  return [...roles, ...(connectors ? ['connector'] : [])].join(' or ');
}

function ours(origin: string, request: Request, allowed: readonly string[]): boolean {
  if (allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase();
}

function sameText(given: string | undefined, wanted: string | undefined): boolean {
  if (given === undefined || wanted === undefined) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function answer(endpoint: Endpoint, request: Request, response: Response, deps: ApiDeps): Promise<void> {
  const given = {
    params: parse('path', endpoint.params!, request.params),
    query: parse('query', endpoint.query!, request.query),
    body: endpoint.textBody ? textOf(request) : parseBody(endpoint, request),
    principal: response.locals.principal as Principal,
    request,
    response,
  };
  const reads = endpoint.method === 'get';
  // What is taken away is noted before, as it may be taken half.
  if (reads) await noteActed(endpoint, given, deps);
  const result = await endpoint.handle(given);
  if (!reads) await noteActed(endpoint, given, deps);
  if (endpoint.raw !== undefined || response.headersSent) return;
  if (endpoint.answer === undefined) {
    response.status(endpoint.status ?? 204).end();
    return;
  }
  if (deps.checked) endpoint.answer.parse(result);
  response.status(endpoint.status ?? 200).json(result);
}

function textOf(request: Request): string {
  return typeof request.body === 'string' ? request.body : '';
}

function parseBody(endpoint: Endpoint, request: Request): unknown {
  if (endpoint.body === undefined) return undefined;
  const result = endpoint.body.safeParse(request.body ?? {});
  if (result.success) return result.data;
  throw invalidField(result.error);
}

function parse(part: string, schema: z.ZodType, given: unknown): unknown {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = z.core.toDotPath(issue?.path ?? []) || part;
  throw failed['request-invalid']({ part, field, reason: issue?.message ?? 'not valid' }, { cause: result.error });
}
