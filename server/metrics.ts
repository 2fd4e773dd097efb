// Figures of the server's parts for /metrics, beside those that the API counts itself.
import type { Metric } from './api/index.ts';
import type { Conversations } from './conversations/index.ts';
import type { Desk } from './desk/index.ts';
import type { SiteJournal } from './journal/index.ts';
import type { Routing } from './routing/index.ts';
import type { Sip } from './signaling/index.ts';

export interface Parts {
  journal: SiteJournal;
  routing: Routing;
  desk: Desk;
  sip: Sip;
  conversations: Conversations;
  /** Digital channels that are not disabled. */
  channels: () => readonly string[];
  /** Who has a phone that is registered. */
  registered: () => readonly string[];
}

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  values: [{ value }],
});
const counter = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'counter',
  values: [{ value }],
});
const byLabel = (name: string, help: string, label: string, counts: Record<string, number>): Metric => ({
  name,
  help,
  type: 'counter',
  values: Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value })),
});

export function serverMetrics({ journal, routing, desk, sip, conversations, channels, registered }: Parts): Metric[] {
  const { counters: facts } = journal;
  const { counters: router } = routing;
  const legs = sip.counts();
  const { phases, overdue, flooded, taken } = conversations.counts();
  return [
    counter('switchroom_journal_events_total', 'Events appended to the journal.', facts.events),
    counter('switchroom_journal_commits_total', 'Group commits.', facts.commits),
    counter('switchroom_journal_refused_commits_total', 'Commits that the disk refused.', facts.refused),
    counter(
      'switchroom_journal_lost_events_total',
      'Events dropped because the disk refused for too long.',
      facts.lost,
    ),
    gauge('switchroom_journal_waiting_events', 'Events that wait for the disk.', facts.waiting),
    gauge(
      'switchroom_journal_slowest_commit_ms',
      'Longest group commit since the last reading.',
      facts.slowestCommitMs,
    ),
    counter('switchroom_router_commands_total', 'Commands that the router decided.', router.commands),
    counter('switchroom_router_defects_total', 'Commands that the router could not decide.', router.defects),
    byLabel('switchroom_router_refused_total', 'Commands refused, by reason.', 'reason', router.refused),
    {
      name: 'switchroom_conversations',
      help: 'Digital conversations under way, by phase.',
      type: 'gauge',
      values: Object.entries(phases).map(([phase, value]) => ({ labels: { phase }, value })),
    },
    gauge('switchroom_conversations_overdue', 'Those whose customer has waited too long for a person.', overdue),
    counter('switchroom_conversations_flooded_total', 'Items above what one customer may send in a minute.', flooded),
    byLabel('switchroom_channel_items_total', 'Items of connectors, by result.', 'result', taken),
    {
      name: 'switchroom_channel_connected',
      help: 'Whether a connector listens to the outbox of a channel.',
      type: 'gauge',
      values: channels().map((channel) => ({
        labels: { channel },
        value: conversations.outbox.connected(channel) ? 1 : 0,
      })),
    },
    byLabel('switchroom_offers_total', 'Offers that ended, by outcome.', 'outcome', router.outcomes),
    byLabel(
      'switchroom_router_healed_total',
      'Differences between router and calls that were healed.',
      'kind',
      router.healed,
    ),
    gauge('switchroom_sip_dialogs', 'SIP dialogs.', legs.dialogs),
    gauge('switchroom_sip_pending_requests', 'SIP requests without a final answer.', legs.pending),
    gauge('switchroom_sip_registered_phones', 'SIP users with a phone that is registered.', registered().length),
    ...Object.entries(desk.counters).map(([name, value]) =>
      gauge(
        `switchroom_desk_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        `Panels: ${name}.`,
        value,
      ),
    ),
  ];
}
