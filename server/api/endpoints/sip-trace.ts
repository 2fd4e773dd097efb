// The SIP messages of a contact: for administrators, and everybody who looks is noted.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { newEvent } from '../../journal/index.ts';
import { pcapOf } from '../../sip-trace/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { sipMessagesRead } from '../events.ts';
import { visible } from '../scope.ts';

const ladder = z
  .object({
    legs: z.array(
      z.object({
        callId: z.string(),
        role: z.enum(['caller', 'agent', 'far', 'media']).describe('media: towards a media engine that speaks SIP'),
        agent: z.string().optional(),
        address: z.string().optional().describe('Transport and address of the far side: udp/192.0.2.9:5060'),
      }),
    ),
    messages: z.array(
      z.object({
        at: z.number(),
        way: z.enum(['in', 'out']).describe('Into Switchroom, or out of it'),
        transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
        from: z.string(),
        to: z.string(),
        callId: z.string(),
        firstLine: z.string(),
        text: z.string().describe('The whole message; credentials, media keys and pressed keys are masked'),
        retransmission: z.boolean().describe('The same has passed before'),
      }),
    ),
    truncated: z.boolean().describe('Later messages did not fit into one answer'),
    since: z.number().optional().describe('What passed before is not kept any more, of no call'),
  })
  .meta({ id: 'SipLadder' });

/** Looks of one person at one contact within that time are one: the page asks again while the call runs. */
const lookMs = 10 * 60_000;
/** Remembered at most; beyond that some looks are written twice. */
const mostLooks = 10_000;

export function sipTraceEndpoints({ sipTrace, interactions, callControl, journal, clock }: ApiDeps): Endpoint[] {
  /** When somebody last began to look at a contact, by both and how; in that order. */
  const looks = new Map<string, number>();
  const note = (by: string, interaction: string, as: 'ladder' | 'pcap'): void => {
    const key = `${by} ${interaction} ${as}`;
    const now = clock.now();
    const before = looks.get(key);
    if (before !== undefined && now - before < lookMs) return;
    looks.delete(key);
    looks.set(key, now);
    for (const [oldest, at] of looks) {
      if (now - at < lookMs && looks.size <= mostLooks) break;
      looks.delete(oldest);
    }
    const scope = { interaction, team: interactions.get(interaction)?.team };
    void journal.append([newEvent(sipMessagesRead, now, { by, as }, scope)]);
  };
  /** @throws not-found, sip-trace-absent */
  const traceOf = (principal: Principal, id: string) => {
    // The record of a call is written a moment after it began.
    if (callControl.get(id) === undefined) visible(principal, interactions.get(id), 'interaction', id);
    if (sipTrace === undefined) throw failed['not-found']({ kind: 'trace of SIP messages', name: id });
    return sipTrace;
  };
  const errors = ['not-found', 'sip-trace-absent'];
  return [
    endpoint({
      method: 'get',
      path: '/interactions/:id/sip',
      tag: 'Interactions',
      about:
        'Its SIP messages on all legs, oldest first, as long as the edge keeps them (sipTraceMegabytes). Secrets are masked; who looks is written to the journal.',
      roles: admins,
      answer: ladder,
      errors,
      async handle({ params, principal }) {
        const id = params.id!;
        const found = await traceOf(principal, id).ladder(id);
        note(principal.by, id, 'ladder');
        return found;
      },
    }),
    endpoint({
      method: 'get',
      path: '/interactions/:id/sip.pcap',
      tag: 'Interactions',
      about: 'The same as a capture file for Wireshark. What came by TLS or WebSocket stands there as TCP, decrypted.',
      roles: admins,
      raw: 'application/vnd.tcpdump.pcap',
      errors,
      async handle({ params, principal, response }) {
        const id = params.id!;
        const { messages } = await traceOf(principal, id).messages(id);
        note(principal.by, id, 'pcap');
        response
          .attachment(`${id}.pcap`)
          .set('Content-Type', 'application/vnd.tcpdump.pcap')
          .set('Cache-Control', 'private, no-store')
          .send(pcapOf(messages));
        return undefined;
      },
    }),
  ];
}
