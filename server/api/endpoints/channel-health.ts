// How digital channels stand: what their connectors say of themselves, what waits, what could not be sent; and what an
// administrator does about it.
import { z } from 'zod';
import { type ConnectorReport, connectorOrders, connectorReport, content } from '../../../connector/index.ts';
import { messageView } from '../../conversations/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ChannelRecord } from '../../ports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { visible } from '../scope.ts';

const optional = z.string().optional();
const time = z.number().optional();
/** A connector that has said nothing for so long is away. */
const silentMs = 35_000;
const dayMs = 86_400_000;
const tag = 'Channels';

const health = z
  .object({
    channel: z.string(),
    name: z.partialRecord(z.enum(['en', 'zh']), z.string()),
    kind: z.string(),
    as: z.string().describe('By which capacity of agents it is counted'),
    state: z
      .enum(['working', 'trouble', 'away', 'off', 'own'])
      .describe('`away`: no connector is there; `off`: switched off; `own`: it needs no connector'),
    trouble: z.array(z.string()).describe('Sentences of the connector or of its provider'),
    lastIn: time,
    lastOut: time,
    waiting: z.number().describe('Messages that are not at the provider yet'),
    waitingSince: time,
    failed: z.number().describe('Messages of the last seven days that could not be sent'),
    open: z.number().describe('Conversations under way'),
    connected: z.boolean().describe('It listens for what is to be sent'),
    report: connectorReport.extend({ at: z.number() }).optional(),
    retrying: z.boolean().describe('The connector has yet to hear that it is to try again'),
  })
  .meta({ id: 'ChannelHealth' });
const failure = z
  .object({
    message: z.string(),
    interaction: z.string(),
    at: z.number(),
    author: z.enum(['bot', 'agent', 'system']),
    agent: optional,
    content,
    code: z.string(),
    reason: z.string().describe('Words of the provider'),
  })
  .meta({ id: 'FailedMessage' });

export function channelHealthEndpoints(deps: ApiDeps): Endpoint[] {
  const { conversations, directory, clock } = deps;
  /** What connectors said last; who restarts the server hears from them within seconds. */
  const reports = new Map<string, ConnectorReport & { at: number }>();
  const retries = new Set<string>();
  const must = (principal: Principal, id: string): ChannelRecord =>
    visible(principal, directory.channels.get(id), 'digital channel', id) as ChannelRecord;

  const shown = ({ id, name, kind, channel, disabled }: ChannelRecord): z.infer<typeof health> => {
    const now = clock.now();
    const report = reports.get(id);
    const fresh = report !== undefined && now - report.at < silentMs ? report : undefined;
    const connected = conversations.outbox.connected(id);
    const trouble = fresh?.trouble ?? [];
    const works = connected || fresh !== undefined;
    return {
      channel: id,
      name,
      kind,
      as: channel,
      state: disabled
        ? 'off'
        : channel === 'work'
          ? 'own'
          : !works
            ? 'away'
            : trouble.length > 0 || !connected
              ? 'trouble'
              : 'working',
      trouble,
      ...conversations.outsideRows.traffic(id, now - 7 * dayMs),
      open: conversations.list().filter(({ via }) => via === id).length,
      connected,
      report: fresh,
      retrying: retries.has(id),
    };
  };

  return [
    endpoint({
      method: 'put',
      path: '/channels/:channel/report',
      tag: 'Connectors',
      about:
        'A connector says how it is: about every 10 s, and when something begins to be wrong. The answer says what it is to do.',
      roles: admins,
      connectors: true,
      body: connectorReport,
      answer: connectorOrders,
      errors: ['not-found'],
      handle({ params, body, principal }) {
        const channel = params.channel!;
        const { connector } = principal;
        const reaches = !connector || connector.channels === 'all' || connector.channels.includes(channel);
        if (!reaches || !directory.channels.get(channel))
          throw failed['not-found']({ kind: 'digital channel', name: channel });
        reports.set(channel, { ...body, at: clock.now() });
        return { retry: retries.delete(channel) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/channel-health',
      tag,
      about: 'How each digital channel stands: its connector, the last messages, what waits and what failed.',
      roles: admins,
      answer: z.object({ channels: z.array(health) }),
      handle: ({ principal }) => ({
        channels: directory.channels
          .list()
          .filter(({ site }) => site === principal.site)
          .map(shown),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/channel-health/:channel/failed',
      tag,
      about: 'Messages of the last seven days that could not be sent, the newest first.',
      roles: admins,
      query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
      answer: z.object({ messages: z.array(failure) }),
      errors: ['not-found'],
      handle({ params, query, principal }) {
        const { id } = must(principal, params.channel!);
        return { messages: conversations.outsideRows.failed(id, clock.now() - 7 * dayMs, query.limit) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/channel-health/:channel/retry',
      tag,
      about:
        'What the connector set aside, or the server refused, is tried once more: the connector hears of it within seconds.',
      roles: admins,
      answer: health,
      errors: ['not-found'],
      handle({ params, principal }) {
        const record = must(principal, params.channel!);
        retries.add(record.id);
        return shown(record);
      },
    }),
    endpoint({
      method: 'post',
      path: '/channel-health/:channel/switch',
      audit: { by: ['directory.channel-put'] },
      tag,
      about: 'Switches a channel on or off. Off: nothing new is taken; what is under way goes on.',
      roles: admins,
      body: z.strictObject({ on: z.boolean() }),
      answer: health,
      errors: ['not-found'],
      async handle({ params, body, principal }) {
        const record = must(principal, params.channel!);
        await directory.channels.put({ ...record, disabled: !body.on }, principal.by);
        return shown(directory.channels.get(record.id) ?? record);
      },
    }),
    endpoint({
      method: 'post',
      path: '/messages/:id/retry',
      tag: 'Conversations',
      about: 'Sends a message once more that could not be sent, as a new one; asked again it is the same one.',
      roles: admins,
      answer: messageView,
      errors: [
        'not-found',
        'message-unknown',
        'message-not-failed',
        'channel-disabled',
        'window-closed',
        'quota-spent',
      ],
      handle: ({ params }) => conversations.outside.sendAgain(params.id!),
    }),
  ];
}
