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
  const targets = colleague ? keeper.phones(colleague) : numberTargets(tools, destination);
  const occupied = [caller.agent, colleague?.id].filter((agent) => agent !== undefined);
  for (const agent of occupied) keeper.occupied(agent, 1);
  call.onover = () => {
    for (const agent of occupied) keeper.occupied(agent, -1);
  };
  const ringing = new Ringing(tools.signaling.tools, {
    targets,
    role: 'far',
    agent: colleague?.id,
    from: callerOf(tools, caller.agent, destination),
    silentMs: colleague && colleague.phone.kind !== 'number' ? (tools.silentPhoneMs ?? 3_000) : 0,
  });
  call.placing(caller, ringing);
  void ring(tools, call, caller, ringing);
}

async function ring(tools: CallTools, call: Call, caller: Leg, ringing: Ringing): Promise<void> {
  const early = new EarlyMedia(tools, caller);
  const timer = setTimeout(() => ringing.abort(), longestRingMs);
  try {
    const opened = caller.open();
    ringing.onringing = () => {
      if (!early.begun) caller.ring(false);
    };
    ringing.onearly = (leg) => early.begin(opened, leg);
    const result = await ringing.result;
    await opened;
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
    // Hers to end if her phone goes while we answer it.
    await caller.answer().catch((error: unknown) => {
      result.answered.end();
      throw error;
    });
    call.placed(caller, result.answered);
  } catch (error) {
    ringing.abort();
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

  begin(opened: Promise<void>, far: Leg): void {
    if (this.#bridge) return;
    this.#bridge = this.#join(opened, far).catch((error: unknown) => {
      this.#tools.logger.info({ err: error, leg: far.id }, 'early media could not be passed on');
      return undefined;
    });
  }

  async end(): Promise<void> {
    await (await this.#bridge)?.close();
  }

  async #join(opened: Promise<void>, far: Leg): Promise<Bridge> {
    await opened;
    const bridge = await this.#tools.signaling.tools.media.bridge(newId('brg'));
    await Promise.all([bridge.add(this.#caller.endpoint.id, 'talk'), bridge.add(far.endpoint.id, 'talk')]);
    this.#caller.ring(true);
    return bridge;
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
