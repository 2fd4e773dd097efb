import type { Bridge, BridgeOptions } from './media-server.ts';

/**
 * Puts its members into a new bridge, for engines that take one at a time.
 * @throws what the engine says of one of them; the bridge is closed then
 */
export async function joined(bridge: Bridge, { members = [] }: BridgeOptions): Promise<Bridge> {
  const added = await Promise.allSettled(members.map(({ endpoint, role }) => bridge.add(endpoint, role)));
  const failed = added.find(({ status }) => status === 'rejected');
  if (failed?.status !== 'rejected') return bridge;
  await bridge.close();
  throw failed.reason;
}
