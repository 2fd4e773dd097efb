// Visitors of web pages call: from their browsers, over the connector of their chat, to a number of ours, into the same flow as
// whoever dials it.
import { defineErrors, newId } from '../../values/index.ts';
import type { VisitorCalling, VisitorCallRequest } from '../ports/index.ts';
import { findDid, Leg, VisitorCall } from '../signaling/index.ts';
import { Call, type CallKeeper } from './call.ts';
import type { CallTools, KnownCustomer } from './call-tools.ts';

const failed = defineErrors({
  'visitor-number': { status: 422, text: 'No flow answers the number {number}.' },
  'visitor-no-webrtc': { status: 503, text: 'This server takes no calls from browsers just now.' },
  'visitor-busy': { status: 429, text: 'There is a call of this visitor already, or there are too many.' },
  'visitor-call-unknown': { status: 404, text: 'There is no call {call} of a visitor.' },
});

/** At once, over all channels: browsers cost more than phones, and strangers can ask for them. */
const most = 200;

export class VisitorCalls implements VisitorCalling {
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper & { add(call: Call): void };
  readonly #calls = new Map<string, { call: VisitorCall; via: string; thread: string }>();
  /** Those whose connection is on its way: they count, too. */
  readonly #beginning = new Set<string>();

  constructor(tools: CallTools, keeper: CallKeeper & { add(call: Call): void }) {
    this.#tools = tools;
    this.#keeper = keeper;
  }

  async begin(
    { via, thread, number, offer, peer, name, language }: VisitorCallRequest,
    customer: KnownCustomer | undefined,
  ) {
    const { signaling, directory, flows, clock, logger } = this.#tools;
    const { gateway } = signaling;
    const did = findDid(directory, number, directory.site.country);
    const set = flows.current();
    if (did === undefined || !set.flows.has(did.flow)) throw failed['visitor-number']({ number });
    if (!gateway || signaling.mediaLost) throw failed['visitor-no-webrtc']();
    const who = JSON.stringify([via, thread]);
    const busy = [...this.#calls.values()].some((one) => one.via === via && one.thread === thread);
    if (busy || this.#beginning.has(who) || this.#calls.size + this.#beginning.size >= most) {
      throw failed['visitor-busy']();
    }
    const { codecs } = signaling.tools.media.capabilities;
    this.#beginning.add(who);
    const visitor = await VisitorCall.begin(gateway, { offer, codecs, peer, logger }).finally(() =>
      this.#beginning.delete(who),
    );
    this.#calls.set(visitor.callId, { call: visitor, via, thread });
    visitor.onover = () => this.#calls.delete(visitor.callId);
    const call = new Call(this.#tools, this.#keeper, {
      interaction: newId('int'),
      callId: visitor.callId,
      from: undefined,
      fromDialled: undefined,
      fromName: name ?? customer?.name,
      to: did.number,
      toDialled: number,
      language: language ?? customer?.language ?? did.language,
      startedAt: clock.now(),
      customer,
      direction: 'in',
      trunk: undefined,
      did: did.number,
      flow: did.flow,
    });
    const leg = new Leg(signaling.tools, 'caller', call, visitor).belongs(call.interaction);
    this.#keeper.add(call);
    void call.begin(leg, set, did.flow);
    return { call: visitor.callId, interaction: call.interaction, answer: visitor.sdp };
  }

  digits(via: string, id: string, digits: string): void {
    const { call } = this.#must(via, id);
    for (const digit of digits) call.digit(digit);
  }

  end(via: string, id: string): void {
    this.#must(via, id).call.hungUp();
  }

  /** @throws visitor-call-unknown: also of another channel's */
  #must(via: string, id: string): { call: VisitorCall } {
    const found = this.#calls.get(id);
    if (found?.via !== via) throw failed['visitor-call-unknown']({ call: id });
    return found;
  }
}
