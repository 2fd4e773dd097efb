// What a sidecar has done and what waits, as Prometheus reads it.
import type { ChannelFigures } from './channel.ts';

const figures: [name: keyof ChannelFigures, type: 'counter' | 'gauge', metric: string, help: string][] = [
  ['received', 'counter', 'received_total', 'Deliveries of providers, doubled ones too'],
  ['fresh', 'counter', 'fresh_total', 'Deliveries that were new'],
  ['handedOver', 'counter', 'handed_over_total', 'Items that the server took'],
  ['sent', 'counter', 'sent_total', 'Messages that providers took'],
  ['failures', 'counter', 'failures_total', 'Messages that could not be sent'],
  ['retries', 'counter', 'retries_total', 'Tries of sending that are repeated'],
  ['strange', 'counter', 'strange_total', 'Pieces of the server that were not understood'],
  ['toRead', 'gauge', 'to_read', 'Deliveries that wait to be read'],
  ['setAside', 'gauge', 'set_aside', 'Deliveries that cannot be read'],
  ['toServer', 'gauge', 'to_server', 'Items that wait for the server'],
  ['refused', 'gauge', 'refused', 'Items that the server refused'],
  ['toSend', 'gauge', 'to_send', 'Messages that wait to be sent'],
];

export function metricsText(channels: readonly ChannelFigures[]): string {
  const lines: string[] = [];
  for (const [name, type, metric, help] of figures) {
    lines.push(`# HELP switchroom_channel_${metric} ${help}.`, `# TYPE switchroom_channel_${metric} ${type}`);
    for (const one of channels) {
      lines.push(`switchroom_channel_${metric}{channel="${one.channel}",kind="${one.kind}"} ${Number(one[name])}`);
    }
  }
  lines.push(
    '# HELP switchroom_channel_trouble 1 where something is wrong.',
    '# TYPE switchroom_channel_trouble gauge',
  );
  for (const { channel, kind, trouble } of channels) {
    lines.push(`switchroom_channel_trouble{channel="${channel}",kind="${kind}"} ${trouble.length === 0 ? 0 : 1}`);
  }
  return `${lines.join('\n')}\n`;
}
