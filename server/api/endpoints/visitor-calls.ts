// Calls from the browsers of web chats' visitors, asked for by their connector.
import { z } from 'zod';
import { person } from '../../../connector/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';

const tag = 'Connectors';

export function visitorCallEndpoints({ visitorCalls, customers, directory }: ApiDeps): Endpoint[] {
  if (visitorCalls === undefined) return [];
  /** @throws not-found: what a connector may not reach is not there */
  const mustReach = ({ connector, roles }: Principal, channel: string): void => {
    const reaches = connector
      ? connector.channels === 'all' || connector.channels.includes(channel)
      : roles.includes('admin');
    if (!reaches || !directory.channels.get(channel))
      throw failed['not-found']({ kind: 'digital channel', name: channel });
  };
  return [
    endpoint({
      method: 'post',
      path: '/channels/:channel/calls',
      tag,
      about:
        'A visitor calls from her browser (WebRTC): the number’s flow answers. The answer is for her browser; when the call is over its connection closes.',
      roles: admins,
      connectors: true,
      body: z.strictObject({
        thread: z.string().min(1).max(200),
        from: person,
        number: z.string().min(1).max(32).describe('Of a DID'),
        offer: z.string().min(1).max(20_000).describe('SDP of the browser'),
        peer: z.union([z.ipv4(), z.ipv6()]).optional().describe('Address of the browser'),
      }),
      answer: z.object({ call: z.string(), interaction: z.string(), answer: z.string().describe('SDP') }),
      status: 201,
      errors: ['not-found', 'visitor-number', 'visitor-no-webrtc', 'visitor-busy', 'media-sdp-rejected'],
      async handle({ params, body, principal }) {
        const via = params.channel!;
        mustReach(principal, via);
        const { thread, number, offer, peer } = body;
        const { identities, name, language } = body.from;
        const { customer, owner } = customers.identify(identities, principal.by, { name, language });
        const known = {
          id: owner,
          name: customer.name,
          tags: customer.tags.map((one) => one.tag),
          language: customer.language,
        };
        return visitorCalls.begin({ via, thread, number, offer, peer, name, language }, known);
      },
    }),
    endpoint({
      method: 'post',
      path: '/channels/:channel/calls/:call/digits',
      tag,
      about: 'Keys that the visitor pressed on the page.',
      roles: admins,
      connectors: true,
      body: z.strictObject({ digits: z.string().regex(/^[0-9*#]{1,32}$/) }),
      errors: ['not-found', 'visitor-call-unknown'],
      async handle({ params, body, principal }) {
        mustReach(principal, params.channel!);
        visitorCalls.digits(params.channel!, params.call!, body.digits);
        return undefined;
      },
    }),
    endpoint({
      method: 'delete',
      path: '/channels/:channel/calls/:call',
      tag,
      about: 'The visitor hangs up.',
      roles: admins,
      connectors: true,
      errors: ['not-found', 'visitor-call-unknown'],
      async handle({ params, principal }) {
        mustReach(principal, params.channel!);
        visitorCalls.end(params.channel!, params.call!);
        return undefined;
      },
    }),
  ];
}
