// An endpoint as data: who may, what goes in, what comes out, and what it does. Express routes and the OpenAPI document
// are both made from it, so that they cannot differ.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Principal } from '../directory/index.ts';
import type { Role } from '../ports/index.ts';

export const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
export const staff: readonly Role[] = ['supervisor', 'admin'];
export const admins: readonly Role[] = ['admin'];

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

interface Shape<Params, Query, Body, Answer> {
  method: Method;
  /** Under /api/v1, Express notation: `/agents/:id`. */
  path: string;
  tag: string;
  /** One sentence. */
  about: string;
  /** `public`: without login. */
  roles: readonly Role[] | 'public';
  /** Connectors may too; which channels, `handle` looks at. */
  connectors?: boolean;
  /** Also for a session whose second factor is still to be set up. */
  unfinished?: boolean;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The body reaches `handle` as the text that was sent; `body` then only documents it. */
  textBody?: boolean;
  /** Takes bodies up to 4 MB instead of 256 kB. */
  large?: boolean;
  /** Looks at `If-Match` and `If-None-Match` (precondition.ts). */
  conditional?: boolean;
  /** The body is bytes of any media type, which `handle` reads from the request by itself. */
  byteBody?: boolean;
  answer?: z.ZodType<Answer>;
  /** Default 200, and 204 where there is no answer. */
  status?: number;
  /** `handle` writes the response by itself, in this media type. */
  raw?: string;
  /**
   * What the audit log is told of staff who do this. Default: by the router, `audit.acted`, where it is no GET. `by`: events of
   * the audit that `handle` writes tell it in more words. `shows`: told by the router with these fields of the query or the
   * body, ids and switches, nothing about a person; a GET that takes much away has it, too. A dry run
   * is never told. `nothing`: nothing is changed.
   */
  audit?: { by: readonly [string, ...string[]] } | { shows: readonly string[] } | 'nothing';
  /** Error codes worth naming in the document. */
  errors?: readonly string[];
}

export interface Given<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Absent only at public endpoints. */
  principal: Principal;
  request: Request;
  response: Response;
}

/** As the router and the OpenAPI document see it: types forgotten. */
export interface Endpoint extends Shape<unknown, unknown, unknown, unknown> {
  handle(given: Given<unknown, unknown, unknown>): unknown;
}

/** Defines an endpoint; what `handle` is given has passed the schemas. */
export function endpoint<
  Params = Record<string, string>,
  Query = Record<string, never>,
  Body = undefined,
  Answer = undefined,
>(
  shape: Shape<Params, Query, Body, Answer> & {
    handle(given: Given<Params, Query, Body>): Answer | Promise<Answer>;
  },
): Endpoint {
  const { params = paramsOf(shape.path), query = z.strictObject({}) } = shape;
  // The router parses with these very schemas before it calls, so the forgotten types hold.
  return { ...shape, params, query } as unknown as Endpoint;
}

function paramsOf(path: string): z.ZodType {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().min(1).max(200)])));
}
