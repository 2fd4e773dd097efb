// What an earlier server left on a host: its channels, by the dialogs that carry them and the notes at those.
import type { Channel } from 'ari-client';
import type { Logger } from 'pino';
import type { Sip } from '../../server/signaling/sip/index.ts';
import { type AsteriskBridge, namesOf } from './bridge.ts';
import type { AsteriskEndpoint } from './endpoint.ts';
import { type EndpointNote, readEndpointNote } from './endpoint-note.ts';
import { type AsteriskHost, helper } from './host.ts';

/** What it takes to tell what is ours from what an earlier server left. */
export interface LeftTools {
  sip: Sip;
  logger: Logger;
  endpoints: Map<string, AsteriskEndpoint>;
}

export interface AdoptionTools extends LeftTools {
  bridges: Map<string, AsteriskBridge>;
  make(id: string): AsteriskEndpoint;
  makeBridge(id: string, dtmf: 'relay' | 'absorb'): AsteriskBridge;
  adopted(endpoint: AsteriskEndpoint): void;
}

/** Takes up what this server does not know yet; what nobody can take up is ended. */
export async function adoptHost(host: AsteriskHost, tools: AdoptionTools): Promise<void> {
  const { sip, endpoints, bridges } = tools;
  const strange = await strangers(host, endpoints);
  if (strange.size === 0) return;
  const members = new Map<string, { endpoint: AsteriskEndpoint; note: NonNullable<EndpointNote['bridge']> }[]>();
  for (const { dialog, snapshot } of await sip.findMedia()) {
    const note = readEndpointNote(snapshot.note);
    const channel = note?.host === host.name ? strange.get(note.endpoint) : undefined;
    if (!note || !channel || endpoints.has(note.endpoint)) continue;
    strange.delete(note.endpoint);
    const endpoint = tools.make(note.endpoint);
    endpoint.revive(note, dialog, channel);
    endpoints.set(endpoint.id, endpoint);
    tools.adopted(endpoint);
    await endpoint.player.reconcile();
    if (!note.bridge) continue;
    const together = members.get(note.bridge.id) ?? [];
    members.set(note.bridge.id, together);
    together.push({ endpoint, note: note.bridge });
  }
  for (const [id, found] of members) {
    if (bridges.has(id)) continue;
    found.sort((a, b) => a.note.order - b.note.order);
    const bridge = tools.makeBridge(id, found[0]?.note.dtmf ?? 'relay');
    bridge.revive(
      host,
      found.map(({ endpoint, note: { role } }) => ({ endpoint, role })),
      found.find(({ note }) => note.playing)?.note.playing,
    );
    bridges.set(id, bridge);
    await bridge.player.reconcile();
  }
  await endStrangers(host, tools, strange);
}

/** Ends channels of calls that nobody has. */
export async function endStrangers(host: AsteriskHost, { endpoints, logger }: LeftTools, known?: Map<string, Channel>) {
  for (const [endpoint, { id: channelId }] of known ?? (await strangers(host, endpoints))) {
    if (endpoints.has(endpoint)) continue; // it has just come to be
    logger.warn({ endpoint, asterisk: host.name }, 'channel without a dialog of ours is ended');
    await host.ari
      .ask((client) => client.channels.hangup({ channelId }))
      .catch((error: { code?: string }) => {
        if (error.code !== 'media-unknown') throw error;
      });
  }
}

/** By the endpoint's id. */
async function strangers(
  host: AsteriskHost,
  endpoints: ReadonlyMap<string, AsteriskEndpoint>,
): Promise<Map<string, Channel>> {
  const strange = new Map<string, Channel>();
  for (const channel of await host.ari.ask((client) => client.channels.list())) {
    const { context, exten } = channel.dialplan;
    if (context === 'switchroom' && !endpoints.has(exten)) strange.set(exten, channel);
  }
  return strange;
}

/** Says BYE where the SIP server still carries an endpoint that nobody has: its host was restarted, or is away. @param host default all */
export async function releaseDialogs({ sip, endpoints, logger }: LeftTools, host?: string): Promise<void> {
  for (const { dialog, snapshot } of await sip.findMedia()) {
    const note = readEndpointNote(snapshot.note);
    if (!note || endpoints.has(note.endpoint) || (host !== undefined && note.host !== host)) continue;
    logger.warn({ endpoint: note.endpoint, asterisk: note.host }, 'dialog of an endpoint that nobody has is ended');
    void dialog.bye();
  }
}

/** After a gap in the events: what ended there ends here. */
export async function compareHost(
  host: AsteriskHost,
  endpoints: readonly AsteriskEndpoint[],
  bridges: readonly AsteriskBridge[],
): Promise<void> {
  if (endpoints.length === 0 && bridges.length === 0) return;
  const [channels, there] = await Promise.all([
    host.ari.ask((client) => client.channels.list()),
    host.ari.ask((client) => client.bridges.list()),
  ]);
  const alive = new Set(channels.map(({ id }) => id));
  for (const endpoint of endpoints) {
    if (!alive.has(endpoint.channelId)) endpoint.end('lost');
    else {
      for (const recording of endpoint.recordings) recording.restored();
      await endpoint.player.reconcile();
    }
  }
  const standing = new Set(there.map(({ id }) => id));
  for (const bridge of bridges) {
    if (!standing.has(bridge.id)) bridge.ended('lost');
    else await bridge.player.reconcile();
  }
}

/**
 * Ends what stands on a host for nobody: bridges that are empty and unknown here, and the overhearing of who does not
 * overhear. Left by a server before, or by what ended while the host was out of reach; Asterisk would keep it for ever.
 */
export async function sweepHost(
  host: AsteriskHost,
  known: { bridge(id: string): boolean; overhears(endpoint: string): boolean },
): Promise<void> {
  const end = (step: Promise<unknown>) =>
    step.catch((error: { code?: string }) => {
      if (error.code !== 'media-unknown') throw error;
    });
  for (const { id: bridgeId, name, channels } of await host.ari.ask((client) => client.bridges.list())) {
    const destroy = () => end(host.ari.ask((client) => client.bridges.destroy({ bridgeId })));
    if (name === helper) {
      const observer = bridgeId.replace(/-side$/, '');
      if (known.overhears(observer)) continue;
      await destroy();
      // She may have begun again meanwhile, under the same names.
      if (known.overhears(observer)) continue;
      await end(host.ari.ask((client) => client.channels.hangup({ channelId: namesOf(observer).snoop })));
    } else if ((name === 'relay' || name === 'absorb') && channels.length === 0 && !known.bridge(bridgeId)) {
      await destroy();
    }
  }
}
