// The contacts on the desk, put together from what routing, calls and pops say of each.
import type { Conversation } from '../conversation/state.ts';
import type { CallView, Contact, PanelState, PopView, WorkView } from './state.ts';

/** `own`: a call of hers that routing did not give her. `joined`: a colleague's conversation that she reads along. */
export type ContactState = Contact['state'] | 'own' | 'joined';

export interface DeskContact {
  /** The offer that brought it, or the interaction where there was none. */
  key: string;
  interaction: string;
  state: ContactState;
  since: number;
  /** When the offer or the wrap-up ends by itself. */
  until?: number | undefined;
  queue?: string | undefined;
  channel: Contact['channel'];
  offer?: string | undefined;
  pop?: PopView | undefined;
  call?: CallView | undefined;
  conversation?: Conversation | undefined;
  work?: WorkView | undefined;
}

/** In the order in which they came. */
export function contactsOf(state: PanelState): DeskContact[] {
  const found: DeskContact[] = [];
  const interactions = new Set<string>();
  const offers = new Set<string>();
  const pops = Object.values(state.pops);
  for (const contact of state.live?.contacts ?? []) {
    const { interaction, offer, since, until, queue, channel } = contact;
    const pop =
      (offer === undefined ? undefined : state.pops[offer]) ??
      pops.findLast((one) => one.content.interaction === interaction);
    found.push({
      key: offer ?? pop?.offer.id ?? interaction,
      interaction,
      state: contact.state,
      since,
      until,
      queue,
      channel,
      offer: offer ?? pop?.offer.id,
      pop,
      call: state.calls[interaction],
      conversation: state.conversations[interaction],
      work: state.work[interaction],
    });
    interactions.add(interaction);
    const known = offer ?? pop?.offer.id;
    if (known !== undefined) offers.add(known);
  }
  for (const pop of pops) {
    const { interaction, channel, queue } = pop.content;
    if (pop.outcome !== undefined || offers.has(pop.offer.id) || interactions.has(interaction)) continue;
    found.push({
      key: pop.offer.id,
      interaction,
      state: 'offered',
      since: pop.offer.at,
      until: pop.offer.deadline,
      queue,
      channel,
      offer: pop.offer.id,
      pop,
      call: state.calls[interaction],
      conversation: state.conversations[interaction],
      work: state.work[interaction],
    });
    interactions.add(interaction);
  }
  for (const call of Object.values(state.calls)) {
    if (interactions.has(call.interaction) || call.phase === 'ended') continue;
    // What rings for her is an offer; what she dialled herself can be hung up while it rings.
    if (call.phase === 'ringing' && call.direction === 'in') continue;
    const { interaction, since, queue } = call;
    found.push({ key: interaction, interaction, state: 'own', since, queue, channel: 'voice', call });
  }
  for (const conversation of Object.values(state.conversations)) {
    const { interaction, since, queue, channel, joined } = conversation.view;
    if (interactions.has(interaction) || !joined.includes(state.setup?.me.id ?? '')) continue;
    found.push({ key: interaction, interaction, state: 'joined', since, queue, channel, conversation });
  }
  return found;
}

/** The contact in front: the one that was chosen, else a talk, else an open offer, else the first. */
export function frontOf(state: PanelState, contacts: DeskContact[]): DeskContact | undefined {
  return (
    contacts.find((contact) => contact.key === state.front) ??
    contacts.find((contact) => contact.state === 'connected' || contact.state === 'own') ??
    contacts.find((contact) => contact.state === 'offered') ??
    contacts[0]
  );
}
