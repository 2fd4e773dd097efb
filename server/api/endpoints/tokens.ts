import { z } from 'zod';
import { roleSchema } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    roles: z.array(roleSchema),
    agent: z.string().optional(),
    site: z.string(),
    team: z.string().optional(),
    createdBy: z.string(),
    createdAt: z.number(),
    endsAt: z.number().optional(),
    revokedAt: z.number().optional(),
    channels: z.array(z.string()).optional(),
  })
  .meta({ id: 'Token' });

const newToken = z.strictObject({
  name: z.string().trim().min(1).max(100),
  roles: z.array(roleSchema).default([]),
  channels: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(200)
    .optional()
    .describe('A token for a connector: it may reach these digital channels, and has no role'),
  agent: z.string().max(64).optional().describe('The token acts as this agent'),
  team: z.string().max(64).optional(),
  endsAt: z.number().int().optional().describe('Milliseconds since 1970 UTC'),
});

export function tokenEndpoints({ accounts }: ApiDeps): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/tokens',
      tag: 'Tokens',
      about: 'All API tokens, without their secrets.',
      roles: admins,
      answer: z.object({ tokens: z.array(tokenSchema) }),
      handle: () => ({ tokens: accounts.tokens() }),
    }),
    endpoint({
      method: 'post',
      path: '/tokens',
      audit: { by: ['account.token-created'] },
      tag: 'Tokens',
      about: 'Creates an API token. It is shown in this answer and never again.',
      roles: admins,
      body: newToken,
      answer: z.object({ record: tokenSchema, token: z.string() }),
      status: 201,
      errors: ['person-unknown', 'unknown-reference', 'token-connector', 'token-powerless'],
      handle: ({ body, principal }) => accounts.createToken(body, principal.by),
    }),
    endpoint({
      method: 'delete',
      path: '/tokens/:id',
      audit: { by: ['account.token-revoked'] },
      tag: 'Tokens',
      about: 'Revokes an API token, at once.',
      roles: admins,
      errors: ['token-unknown'],
      async handle({ params, principal }) {
        await accounts.revokeToken(params.id!, principal.by);
        return undefined;
      },
    }),
  ];
}
