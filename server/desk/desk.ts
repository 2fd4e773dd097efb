// The desk: connects panels with routing and calls. Routing pops screens through it, agents act through it.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { AgentId, InteractionId, Millis, Offer, OfferId, PopContent } from '../../values/index.ts';
import { interactionDisposed } from '../customers/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import type { AgentNow, CallView, QueueLive, Screens } from '../ports/index.ts';
import { makeActions } from './actions.ts';
import { CallTelling } from './call-telling.ts';
import { ConversationTelling } from './conversation-telling.ts';
import { startOfDay } from './day.ts';
import { Detours } from './detours.ts';
import { Figures } from './figures.ts';
import { deskFacts } from './journal-events.ts';
import { lastWords } from './last-words.ts';
import { closeCodes } from './limits.ts';
import type { DeskOptions } from './options.ts';
import { DeskPhones } from './phones.ts';
import { recallDesks } from './recall.ts';
import { Reception } from './reception.ts';
import { Screen } from './screen.ts';
import { Seat } from './seat.ts';
import { type DeskCounters, Seats } from './seats.ts';
import { upgrade } from './upgrade.ts';
import { workAfter } from './work-written.ts';

const sweepMs = 1_000;
/** How long panels may take to close. */
const closeMs = 1_000;

export interface Desk {
  readonly screens: Screens;
  /** Names this run. */
  readonly epoch: string;
  /** For /metrics. */
  readonly counters: Readonly<DeskCounters>;
  /**
   * What to know of the customer while her contact is on somebody's screen. @param hints all of them
   * @returns whether it is on a screen
   */
  hint(interaction: InteractionId, hints: NonNullable<PopContent['hints']>): boolean;
  /** For the HTTP server's `upgrade` event. @returns false where the path is not the desk's */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Closes all panels of an agent, who has to log in again: logged out over the API, disabled. */
  disconnect(agent: AgentId, why: 'asked' | 'disabled' | 'elsewhere'): void;
  /** Closes the panels of one login session, which is over: logged out, password changed, too old. */
  endSession(session: string): void;
  /** Login sessions that have a panel now. */
  sessions(): Set<string>;
  /** Beats, and looks for silent panels and agents without one; runs by itself every second. */
  sweep(): void;
  close(): Promise<void>;
}

/** Create it after routing and calls have taken up what they had before a restart. */
export function createDesk(options: DeskOptions): Desk {
  return new OpenDesk(options);
}

class OpenDesk implements Desk {
  readonly screens: Screens;
  readonly #options: DeskOptions;
  readonly #seats: Seats;
  readonly #sockets: WebSocketServer;
  readonly #reception: Reception;
  readonly #screen: Screen;
  readonly #figures: Figures;
  readonly #detours: Detours;
  readonly #phones: DeskPhones;
  readonly #telling: CallTelling;
  readonly #conversations: ConversationTelling;
  readonly #timer: NodeJS.Timeout;
  readonly #unfollow: () => void;
  #sweptAt: Millis;
  #beatAt: Millis = Number.NEGATIVE_INFINITY;
  #dayEnds: Millis;

  constructor(options: DeskOptions) {
    const { clock, agentWork, callControl, directory, journal } = options;
    this.#options = options;
    this.#seats = new Seats(options);
    const { limits } = this.#seats;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.messageBytes,
    });
    this.#screen = new Screen(options);
    this.#figures = new Figures(options, this.#screen, limits.figuresMs, () => this.#seats.panels());
    this.#detours = new Detours(options);
    this.#phones = new DeskPhones(options.phones, this.#seats);
    this.#screen.phones = this.#phones;
    const actions = makeActions(options, this.#screen, this.#detours, this.#phones);
    this.#reception = new Reception(this.#seats, this.#screen, this.#figures, actions);
    this.screens = {
      pop: (offer, content) => {
        const seat = this.#seats.get(offer.agent);
        return seat === undefined ? 'absent' : this.#pop(seat, offer, content());
      },
      took: (agent, work, content) => this.#took(agent, work, content),
      offerEnded: (...ended) => this.#offerEnded(...ended),
    };
    this.#sweptAt = clock.monotonic();
    this.#dayEnds = this.#recall();
    this.#telling = new CallTelling(options, this.#seats);
    this.#screen.telling = this.#telling;
    this.#conversations = new ConversationTelling(options.conversations, this.#seats);
    this.#screen.conversations = this.#conversations;
    agentWork.on('agent', this.#onAgent);
    agentWork.on('queue', this.#onQueue);
    callControl.on('changed', this.#onCall);
    callControl.on('ended', this.#onCall);
    directory.on('changed', this.#onDirectory);
    this.#unfollow = journal.follow((events) => {
      for (const event of events) if (event.type === interactionDisposed.name) this.#disposed(event);
    });
    this.#timer = setInterval(() => this.sweep(), sweepMs).unref();
  }

  get epoch(): string {
    return this.#seats.epoch;
  }

  get counters(): DeskCounters {
    return this.#seats.counters;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return upgrade(this.#sockets, this.#options, [request, socket, head], (open, login) =>
      this.#reception.accept(open, login),
    );
  }

  hint(interaction: InteractionId, hints: NonNullable<PopContent['hints']>): boolean {
    let shown = false;
    for (const seat of this.#seats.all.values()) {
      const content = seat.hint(interaction, hints);
      if (content === undefined) continue;
      seat.tell('hints', { interaction, hints });
      const { agent } = seat;
      const scope = { agent, interaction, queue: content.queue, customer: content.customer?.id };
      this.#seats.note(deskFacts.hinted, { hints }, scope);
      shown ||= seat.panels.size > 0;
    }
    return shown;
  }

  disconnect(agent: AgentId, why: 'asked' | 'disabled' | 'elsewhere'): void {
    const { signedOut } = closeCodes;
    for (const panel of [...this.#reception.opening]) {
      if (panel.agent === agent) this.#reception.close(panel, signedOut, why);
    }
    this.#phones.signedOut(agent);
    const seat = this.#seats.get(agent);
    if (seat === undefined || seat.panels.size === 0) return;
    this.#seats.note(deskFacts.signedOut, { why }, { agent });
    seat.signingOut = false;
    seat.tell('signed-out', { why });
    for (const panel of [...seat.panels]) this.#reception.close(panel, signedOut, why);
    seat.sessions.clear();
  }

  endSession(session: string): void {
    for (const panel of [...this.#reception.opening, ...this.#seats.panels()]) {
      if (panel.login === session) this.#reception.close(panel, closeCodes.signedOut, 'session over');
    }
  }

  sessions(): Set<string> {
    const sessions = new Set<string>();
    for (const { login } of this.#seats.panels()) if (login !== undefined) sessions.add(login);
    return sessions;
  }

  async close(): Promise<void> {
    const { agentWork, callControl, directory } = this.#options;
    this.#seats.closing = true;
    clearInterval(this.#timer);
    this.#figures.close();
    agentWork.off('agent', this.#onAgent);
    agentWork.off('queue', this.#onQueue);
    callControl.off('changed', this.#onCall);
    callControl.off('ended', this.#onCall);
    directory.off('changed', this.#onDirectory);
    this.#unfollow();
    this.#phones.close();
    this.#conversations.close();
    const panels = [...this.#seats.panels(), ...this.#reception.opening];
    for (const panel of panels) this.#reception.close(panel, closeCodes.restart, 'restart');
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeMs);
    await Promise.race([Promise.all(panels.map((panel) => panel.gone)), late]);
    clearTimeout(timer);
    for (const panel of panels) panel.drop();
    this.#sockets.close();
  }

  sweep(): void {
    const { clock } = this.#options;
    const { limits } = this.#seats;
    const now = clock.monotonic();
    // Where this process stood still, nobody could be heard meanwhile: that time counts against no panel.
    const stood = Math.max(0, now - this.#sweptAt - 3 * sweepMs);
    this.#sweptAt = now;
    if (clock.now() >= this.#dayEnds) this.#newDay();
    const beat = now - this.#beatAt >= limits.beatMs ? `{"beat":${clock.now()}}` : undefined;
    if (beat !== undefined) this.#beatAt = now;
    for (const panel of [...this.#reception.opening]) {
      panel.heardAt += stood;
      if (now - panel.openedAt - stood >= limits.helloMs) this.#reception.close(panel, closeCodes.badPanel, 'no hello');
    }
    for (const seat of [...this.#seats.all.values()]) {
      seat.goneAt += stood;
      for (const panel of [...seat.panels]) {
        panel.heardAt += stood;
        if (now - panel.heardAt >= limits.silentMs) panel.cut('silent');
        else if (panel.behind && !panel.isSlow) this.#figures.all(panel);
        if (beat !== undefined) panel.send(beat);
      }
      this.#sweepSeat(seat, now);
    }
  }

  #sweepSeat(seat: Seat, now: Millis): void {
    const { agentWork, logger } = this.#options;
    const { limits, counters } = this.#seats;
    const { agent } = seat;
    const live = agentWork.agent(agent);
    // Who leaves, leaves without a panel, too: not ready, she would stay signed in for ever.
    const stays = live !== undefined && live.presence !== 'offline' && live.reason !== 'leaving';
    if (seat.lostAfter(limits.panelLostMs, now) && stays) {
      counters.panelsLost++;
      logger.warn({ agent }, 'agent has no panel, not ready');
      this.#seats.note(deskFacts.panelLost, { goneMs: Math.round(now - seat.goneAt) }, { agent });
      agentWork.notReady(agent, 'panel-lost');
    }
    seat.forgetSessions(limits.sessionMs, now);
    if (seat.isIdle && (live?.contacts.length ?? 0) === 0) this.#seats.all.delete(agent);
  }

  /** Takes up the figures of the day, and agents whose panels have to come back. @returns when the day ends */
  #recall(): Millis {
    const { journal, clock, directory, agentWork } = this.#options;
    const { timeZone } = directory.site;
    const midnight = startOfDay(clock.now(), timeZone);
    const { present, tallies } = recallDesks(journal, clock.now(), midnight);
    for (const live of agentWork.agents()) {
      const tally = tallies.get(live.agent);
      if (!present.has(live.agent) && tally === undefined) continue;
      const seat = new Seat(live.agent, this.#seats.limits, tally);
      seat.tally.follow(live, clock.now());
      if (present.has(live.agent) && live.presence !== 'offline') seat.expect(clock.monotonic());
      this.#seats.all.set(live.agent, seat);
    }
    return nextDay(midnight, timeZone);
  }

  #newDay(): void {
    const { clock, directory } = this.#options;
    const { timeZone } = directory.site;
    this.#dayEnds = nextDay(startOfDay(clock.now(), timeZone), timeZone);
    for (const seat of this.#seats.all.values()) seat.tally.reset();
  }

  async #pop(seat: Seat, offer: Offer, content: PopContent): Promise<'acknowledged' | 'absent'> {
    const { counters } = this.#seats;
    counters.pops++;
    const words = content.channel === 'voice' ? [] : lastWords(this.#options.conversations, content.interaction);
    const view = { offer, content, ...(words.length > 0 ? { words } : {}) };
    const shown = seat.pop(view, this.#options.clock.monotonic());
    seat.tell('pop', view);
    const { id, at, deadline, agent, interaction, queue } = offer;
    const data = { offer: id, at, deadline, panels: seat.panels.size, content };
    this.#seats.note(deskFacts.popped, data, { agent, interaction, queue, customer: content.customer?.id });
    const how = await shown;
    if (how === 'acknowledged') counters.popsAcknowledged++;
    return how;
  }

  #took(agent: AgentId, work: OfferId, content: PopContent): void {
    const seat = this.#seats.get(agent);
    if (seat === undefined || seat.shows(content.interaction)) return;
    const { interaction, queue } = content;
    const now = this.#options.clock.now();
    const offer = { id: work, interaction, agent, queue, at: now, deadline: now };
    const view = { offer, content, outcome: 'accepted' as const };
    seat.pops.set(work, { view, writtenAt: 0 });
    seat.tell('pop', view);
    const data = { offer: work, at: now, deadline: now, panels: seat.panels.size, content };
    this.#seats.note(deskFacts.popped, data, { agent, interaction, queue, customer: content.customer?.id });
  }

  #offerEnded(...[offer, agent, interaction, outcome]: Parameters<Screens['offerEnded']>): void {
    const seat = this.#seats.get(agent);
    if (seat === undefined) return;
    const channel = seat.pops.get(offer)?.view.content.channel ?? 'voice';
    seat.offerEnded(offer, outcome);
    seat.tell('offer-ended', { offer, interaction, outcome });
    if (outcome !== 'missed' && outcome !== 'declined') return;
    const worked = { channel, outcome, talkMs: 0, wrapUpMs: 0 };
    seat.tally.add(worked);
    this.#seats.note(deskFacts.contactWorked, worked, { agent, interaction });
  }

  readonly #onAgent = ({ agent }: AgentNow): void => {
    this.#figures.agent(agent);
    const seat = this.#seats.get(agent);
    if (seat === undefined) return;
    const live = this.#options.agentWork.agent(agent);
    if (live === undefined) return;
    for (const { interaction, ...worked } of seat.tally.follow(live, this.#options.clock.now())) {
      this.#seats.note(deskFacts.contactWorked, worked, { agent, interaction });
    }
    seat.prune(live);
    seat.tell('agent', { live, today: seat.tally.today });
    // A supervisor who takes no contacts is offline all day, also while she listens to a talk.
    const works = seat.signingOut || this.#options.directory.agents.get(agent)?.roles.includes('agent');
    // Later, so that the answer to her sign-out still gets to her.
    if (live.presence === 'offline' && works) setImmediate(() => this.#offline(agent));
  };

  #offline(agent: AgentId): void {
    const seat = this.#seats.get(agent);
    if (seat === undefined || this.#seats.closing || this.#options.agentWork.agent(agent)?.presence !== 'offline')
      return;
    this.disconnect(agent, seat.signingOut ? 'asked' : 'elsewhere');
  }

  /** Disposition or note came by the API: her panels show it. */
  #disposed(event: JournalEvent): void {
    const { agent, interaction } = event;
    const seat = agent === undefined ? undefined : this.#seats.get(agent);
    if (seat === undefined || interaction === undefined) return;
    seat.write(workAfter({ interaction, ...seat.work.get(interaction) }, event));
  }

  readonly #onQueue = (live: QueueLive): void => this.#figures.queue(live);

  readonly #onCall = (call: CallView): void => {
    this.#detours.follow(call);
    this.#telling.follow(call);
    this.#figures.call(call);
  };

  readonly #onDirectory = (kind: string, ids: string[]): void => {
    if (kind !== 'agents' && kind !== 'queues' && kind !== 'channels') return;
    const { directory } = this.#options;
    for (const seat of this.#seats.all.values()) {
      if (kind === 'agents' && !ids.includes(seat.agent)) continue;
      const record = directory.agents.get(seat.agent);
      if (record === undefined || record.disabled) this.disconnect(seat.agent, 'disabled');
      else seat.tell('setup', this.#screen.setup(record));
    }
  };
}

/** Midnight after a midnight; days of 23 and 25 hours included. */
function nextDay(midnight: Millis, timeZone: string): Millis {
  return startOfDay(midnight + 36 * 3_600_000, timeZone);
}
