// What connectors speak with the server: docs/channels.md. A connector reaches the channels of its token and nothing else.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { attachment, attachmentQuery, inboundAnswer, inboundRequest, outboundQuery } from '../../../connector/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { streamOutbound } from '../outbound-stream.ts';
import { hadPart, isStaff, visible } from '../scope.ts';

const tag = 'Connectors';
/** Uploads at once; more are sent again later. */
const mostUploads = 32;
const busySeconds = 2;

export function connectorEndpoints(deps: ApiDeps): Endpoint[] {
  const { conversations, directory, accounts, interactions, mostStreams = 200, mostStreamsEach = 20 } = deps;
  const { attachments, outbox } = conversations;
  let streams = 0;
  let uploads = 0;
  const streamsOf = new Map<string, number>();
  const count = (by: string, change: 1 | -1): void => {
    streams += change;
    const now = (streamsOf.get(by) ?? 0) + change;
    if (now > 0) streamsOf.set(by, now);
    else streamsOf.delete(by);
  };
  const reaches = ({ connector, roles }: Principal, channel: string): boolean =>
    connector ? connector.channels === 'all' || connector.channels.includes(channel) : roles.includes('admin');
  /** @throws not-found: what a connector may not reach is not there */
  const mustReach = (principal: Principal, channel: string): void => {
    if (!reaches(principal, channel) || !directory.channels.get(channel))
      throw failed['not-found']({ kind: 'digital channel', name: channel });
  };
  /** Whether she may see what was sent in that conversation. */
  const sees = (
    principal: Principal,
    { via, interaction, by }: { via: string; interaction?: string | undefined; by: string },
  ): boolean => {
    if (principal.connector) return reaches(principal, via);
    if (by === principal.by) return true;
    if (interaction === undefined) return isStaff(principal);
    const live = conversations.get(interaction);
    const agents = live ? [live.agent ?? '', ...live.joined] : [];
    if (principal.agent !== undefined && agents.includes(principal.agent)) return true;
    const record = interactions.get(interaction);
    if (record && hadPart(principal, record)) return true;
    if (isStaff(principal))
      return record === undefined || visible(principal, record, 'attachment', interaction) === record;
    // What the same customer sent before, in a thread that is hers now.
    const now = conversations.inThreadOf(interaction);
    return now !== undefined && principal.agent !== undefined && [now.agent, ...now.joined].includes(principal.agent);
  };
  return [
    endpoint({
      method: 'post',
      path: '/channels/:channel/inbound',
      tag,
      about:
        'What came from the provider: at most 100 items, each once by its key. The answer comes when they are on the disk; what was not answered is sent again.',
      roles: admins,
      connectors: true,
      large: true,
      body: inboundRequest,
      answer: inboundAnswer,
      errors: ['not-found', 'invalid-field', 'conversations-busy'],
      handle({ params, body, principal }) {
        mustReach(principal, params.channel!);
        return conversations.inbound(params.channel!, body.items);
      },
    }),
    endpoint({
      method: 'get',
      path: '/channels/:channel/outbound',
      tag,
      about:
        'What is to be sent, as server-sent events after `after` or `Last-Event-ID`; kept for 14 days. `typing` comes without an id and is not kept.',
      roles: admins,
      connectors: true,
      query: outboundQuery,
      raw: 'text/event-stream',
      errors: ['not-found', 'too-many-streams'],
      async handle({ params, query, principal, request, response }) {
        const channel = params.channel!;
        mustReach(principal, channel);
        const each = streamsOf.get(principal.by) ?? 0;
        // A sidecar holds one for each of its channels.
        const most = principal.connector ? mostStreams : mostStreamsEach;
        if (streams >= mostStreams || each >= most) throw failed['too-many-streams']({ most });
        const last = Number(request.get('last-event-id'));
        const after = Number.isSafeInteger(last) && last > 0 ? last : query.after;
        response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
        count(principal.by, 1);
        try {
          await streamOutbound({
            outbox,
            channel,
            response,
            after,
            stillAllowed: () => {
              const { cookie, authorization } = request.headers;
              const now = accounts.authenticate({ cookie, authorization });
              return now !== undefined && reaches(now, channel) && directory.channels.get(channel) !== undefined;
            },
            beatMs: deps.streamBeatMs,
          });
        } finally {
          count(principal.by, -1);
        }
        return undefined;
      },
    }),
    endpoint({
      method: 'put',
      path: '/attachments',
      tag,
      about:
        'Takes the bytes of an attachment: at most 20 MB, its media type as content-type. The same channel and key give the same attachment.',
      roles: everyone,
      connectors: true,
      byteBody: true,
      query: attachmentQuery,
      answer: attachment,
      errors: ['not-found', 'attachment-type', 'attachment-too-large', 'attachment-cut-off', 'conversations-busy'],
      async handle({ query, principal, request }) {
        if (principal.connector) mustReach(principal, query.channel);
        else visible(principal, directory.channels.get(query.channel), 'digital channel', query.channel);
        if (uploads >= mostUploads) throw failed['uploads-busy']({ seconds: busySeconds });
        uploads += 1;
        try {
          const mime = request.get('content-type') ?? 'application/octet-stream';
          // What a person uploads never stands in for what a provider sent.
          const key = principal.connector ? query.key : `${principal.by} ${query.key}`;
          const { channel, kind, name } = query;
          return await attachments.keep(request, { channel, key, kind, name, mime, by: principal.by });
        } finally {
          uploads -= 1;
        }
      },
    }),
    endpoint({
      method: 'get',
      path: '/attachments/:id',
      tag,
      about: 'The bytes of an attachment, as a download that no browser runs.',
      roles: everyone,
      connectors: true,
      raw: 'application/octet-stream',
      errors: ['not-found', 'attachment-unknown'],
      async handle({ params, principal, response }) {
        const id = params.id!;
        const known = attachments.get(id);
        if (!known || !sees(principal, known)) throw failed['not-found']({ kind: 'attachment', name: id });
        const { about, stream } = await attachments.read(id);
        const name = encodeURIComponent(about.name ?? about.id);
        response.set({
          'Content-Type': about.mime,
          'Content-Length': String(about.bytes),
          'Content-Disposition': `attachment; filename*=UTF-8''${name}`,
          'X-Content-Type-Options': 'nosniff',
          'Content-Security-Policy': "default-src 'none'; sandbox",
          'Cache-Control': 'private, max-age=86400, immutable',
        });
        await sendBytes(stream(), response);
        return undefined;
      },
    }),
  ];
}

async function sendBytes(stream: Readable, response: Response): Promise<void> {
  try {
    await pipeline(stream, response);
  } catch (error) {
    // Who asked went away in the middle.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
