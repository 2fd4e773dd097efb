// An agent's own call: her phone dialled a colleague or a number. The far side is rung first, and her phone is answered
// when it answers; where the far side sends early media she hears it.
import type { Bridge, Playback } from '../../media/media-server.ts';
import { type EndpointId, newId } from '../../values/index.ts';
import type { Destination, Leg, PhoneTarget } from '../signaling/index.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callerOf } from './caller-id.ts';
import { ringbackTone } from './ringback.ts';
import { Ringing } from './ringing.ts';

/** Both numbers and colleagues; ends by itself after this long without an answer. */
const longestRingMs = 120_000;

export function placeOwnCall(
  tools: CallTools,
  keeper: CallKeeper,
  call: Call,
  caller: Leg,
  destination: Extract<Destination, { kind: 'number' | 'agent' }>,
  /** Another call of hers: what comes of this one may be joined with it. */
  near: EndpointId | undefined,
): void {
  if (caller.agent !== undefined) call.occupy(caller.agent);
  call.placing(caller);
  void ringFar(tools, keeper, call, caller, destination, near);
}

/** Rings who was dialled, for a phone that waits for it: one that has dialled, or one that was rung first. */
export function ringFar(
  tools: CallTools,
  keeper: CallKeeper,
  call: Call,
  caller: Leg,
  destination: Extract<Destination, { kind: 'number' | 'agent' }>,
  near?: EndpointId,
): Promise<void> {
  const colleague = destination.kind === 'agent' ? tools.directory.agents.get(destination.agent) : undefined;
  if (colleague) call.occupy(colleague.id);
  const dial = () =>
    new Ringing(tools.signaling.tools, {
      interaction: call.interaction,
      targets: colleague ? keeper.phones(colleague) : numberTargets(tools, destination),
      role: 'far',
      agent: colleague?.id,
      from: callerOf(tools.directory, caller.agent, destination.kind === 'number'),
      near: caller.endpointId,
      silentMs: colleague && colleague.phone.kind !== 'number' ? (tools.silentPhoneMs ?? 3_000) : 0,
    });
  return ring(tools, call, caller, dial, near);
}

async function ring(
  tools: CallTools,
  call: Call,
  caller: Leg,
  dial: () => Ringing,
  near: EndpointId | undefined,
): Promise<void> {
  const waits = caller.state !== 'up';
  let ringback: Playback | undefined;
  let ringing: Ringing | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    // First: a phone whose media cannot work rings nobody, and the far side's media come to the same thread.
    if (waits) await caller.open(near);
    else ringback = caller.endpoint.play(ringbackTone, { times: Number.POSITIVE_INFINITY });
    if (call.over) return;
    const rings = dial();
    ringing = rings;
    call.dials(rings);
    timer = setTimeout(() => rings.abort(), longestRingMs);
    const early = new EarlyMedia(tools, caller);
    rings.onringing = () => {
      if (!early.begun) caller.ring(false);
    };
    rings.onearly = (leg) => {
      ringback?.stop();
      early.begin(leg);
    };
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
    ringback?.stop();
    if (waits) await caller.answer();
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
      const members = [this.#caller, far].map((leg) => ({ endpoint: leg.endpoint.id, role: 'talk' as const }));
      bridge = await this.#tools.signaling.tools.media.bridge(newId('brg'), { members });
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
