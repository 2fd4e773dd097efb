// An agent's own call: her phone dialled a colleague or a number. The far side is rung first, and her phone is answered
// when it answers; where the far side sends early media she hears it.
import type { Bridge } from '../../media/media-server.ts';
import { newId } from '../../values/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import type { Destination, Leg, PhoneTarget } from '../signaling/index.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { Ringing } from './ringing.ts';

/** Both numbers and colleagues; ends by itself after this long without an answer. */
const longestRingMs = 120_000;

export function placeOwnCall(
  tools: CallTools,
  keeper: CallKeeper,
  call: Call,
  caller: Leg,
  destination: Extract<Destination, { kind: 'number' | 'agent' }>,
): void {
  const colleague = destination.kind === 'agent' ? tools.directory.agents.get(destination.agent) : undefined;
  const occupied = [caller.agent, colleague?.id].filter((agent) => agent !== undefined);
  for (const agent of occupied) keeper.occupied(agent, 1);
  call.onover = () => {
    for (const agent of occupied) keeper.occupied(agent, -1);
  };
  call.placing(caller);
  const dial = () =>
    new Ringing(tools.signaling.tools, {
      targets: colleague ? keeper.phones(colleague) : numberTargets(tools, destination),
      role: 'far',
      agent: colleague?.id,
      from: callerOf(tools, caller.agent, destination),
      near: caller.endpointId,
      silentMs: colleague && colleague.phone.kind !== 'number' ? (tools.silentPhoneMs ?? 3_000) : 0,
    });
  void ring(tools, call, caller, dial);
}

async function ring(tools: CallTools, call: Call, caller: Leg, dial: () => Ringing): Promise<void> {
  let ringing: Ringing | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    // First: a phone whose media cannot work rings nobody, and the far side's media come to the same thread.
    await caller.open();
    if (call.over) return;
    const rings = dial();
    ringing = rings;
    call.dials(rings);
    timer = setTimeout(() => rings.abort(), longestRingMs);
    const early = new EarlyMedia(tools, caller);
    rings.onringing = () => {
      if (!early.begun) caller.ring(false);
    };
    rings.onearly = (leg) => early.begin(leg);
    const result = await rings.result;
    await early.end();
    if (call.over) {
      result.answered?.end();
      return;
    }
    tools.logger.debug({ interaction: call.interaction, ringMs: result.ringMs }, 'own call rang');
    if (!result.answered) {
      call.notPlaced(result.status ?? (result.how === 'declined' ? 486 : 480));
      return;
    }
    await caller.answer();
    call.placed(caller, result.answered);
  } catch (error) {
    ringing?.abort();
    // Who answered before it failed has nobody to talk to.
    ringing?.result.then(({ answered }) => answered?.end());
    if (call.over) return;
    tools.logger.warn({ err: error, interaction: call.interaction }, 'own call could not be set up');
    call.notPlaced((error as { code?: string }).code === 'media-sdp-rejected' ? 488 : 503);
  } finally {
    clearTimeout(timer);
  }
}

/** She hears what the far side plays before it answers: a bridge for that time. */
class EarlyMedia {
  readonly #tools: CallTools;
  readonly #caller: Leg;
  #bridge: Promise<Bridge | undefined> | undefined;

  constructor(tools: CallTools, caller: Leg) {
    this.#tools = tools;
    this.#caller = caller;
  }

  get begun(): boolean {
    return this.#bridge !== undefined;
  }

  begin(far: Leg): void {
    this.#bridge ??= this.#join(far);
  }

  /** Never rejects: the answer must not fail because of what was before it. */
  async end(): Promise<void> {
    const bridge = await this.#bridge;
    if (bridge) await this.#close(bridge);
  }

  /** @returns undefined where she hears nothing of it */
  async #join(far: Leg): Promise<Bridge | undefined> {
    let bridge: Bridge | undefined;
    try {
      bridge = await this.#tools.signaling.tools.media.bridge(newId('brg'));
      await Promise.all([bridge.add(this.#caller.endpoint.id, 'talk'), bridge.add(far.endpoint.id, 'talk')]);
      this.#caller.ring(true);
      return bridge;
    } catch (error) {
      this.#tools.logger.info({ err: error, leg: far.id }, 'early media could not be passed on');
      if (bridge) await this.#close(bridge);
      return undefined;
    }
  }

  async #close(bridge: Bridge): Promise<void> {
    try {
      await bridge.close();
    } catch (error) {
      this.#tools.logger.warn({ err: error, bridge: bridge.id }, 'bridge of early media could not be closed');
      this.#tools.signaling.tools.unclosed.add(bridge);
    }
  }
}

function numberTargets(
  tools: CallTools,
  destination: Extract<Destination, { kind: 'number' | 'agent' }>,
): PhoneTarget[] {
  if (destination.kind !== 'number') return [];
  const target = tools.signaling.overTrunk(destination);
  return target ? [target] : [];
}

/** Colleagues see the extension; outside goes a number of ours that the trunk knows, where there is one. */
function callerOf(
  tools: CallTools,
  agent: string | undefined,
  destination: Destination,
): { user: string; name?: string | undefined } {
  const record: AgentRecord | undefined = agent === undefined ? undefined : tools.directory.agents.get(agent);
  if (destination.kind !== 'number') return { user: agent ?? 'anonymous', name: record?.name };
  const own = tools.directory.dids.list().find((did) => did.site === record?.site) ?? tools.directory.dids.list()[0];
  return { user: own?.number ?? agent ?? 'anonymous' };
}
