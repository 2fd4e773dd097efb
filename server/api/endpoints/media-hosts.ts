// The hosts of the media engine: how they are, and which take no new calls.
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';

const host = z
  .object({
    name: z.string(),
    state: z.enum(['up', 'away']),
    draining: z.boolean().describe('Takes no new calls; those that are there stay'),
    weight: z.number().describe('Its share of new calls beside the others'),
    endpoints: z.number().describe('Media streams there now'),
  })
  .meta({ id: 'MediaHost' });

/** Empty where the engine has no hosts of its own (the edge). */
export function mediaHostEndpoints({ mediaHosts }: ApiDeps): Endpoint[] {
  const tag = 'Engines';
  return [
    endpoint({
      method: 'get',
      path: '/media-hosts',
      tag,
      about: 'Hosts of the media engine; empty where the edge carries the media itself.',
      roles: staff,
      answer: z.object({ hosts: z.array(host) }),
      handle: () => ({ hosts: mediaHosts?.hosts() ?? [] }),
    }),
    endpoint({
      method: 'put',
      path: '/media-hosts/:name/draining',
      audit: { shows: ['draining'] },
      tag,
      about: 'Sends no new calls to a host, so that it can be taken down when its last call is over; or again.',
      roles: admins,
      params: z.object({ name: z.string().min(1).max(64) }),
      body: z.strictObject({ draining: z.boolean() }),
      answer: host,
      handle: ({ params, body }) => {
        if (!mediaHosts) throw failed['not-found']({ kind: 'media host', name: params.name });
        return mediaHosts.drain(params.name, body.draining);
      },
    }),
  ];
}
