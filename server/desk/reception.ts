// Where panels come in: from the socket to an open panel at its desk, its messages, and its leaving.
import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import { type Millis, SwitchroomError } from '../../values/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import type { Actions, Asker } from './actions.ts';
import { failed } from './errors.ts';
import type { Figures } from './figures.ts';
import { deskFacts } from './journal-events.ts';
import { closeCodes, protocolVersion } from './limits.ts';
import { readMessage } from './message.ts';
import type { Login } from './options.ts';
import { Panel } from './panel.ts';
import type { CommandName, CommandWith, Welcome } from './protocol.ts';
import { recallContact } from './recall.ts';
import type { Screen } from './screen.ts';
import type { Seat } from './seat.ts';
import type { Seats } from './seats.ts';

/** Messages over the rate that are longer are not even read for their id. */
const shortMessage = 1_024;

type Greeting = CommandWith<'hello'> & Partial<CommandWith<'resume'>>;

export class Reception {
  /** Connections that have not said hello. */
  readonly opening = new Set<Panel>();
  readonly #seats: Seats;
  readonly #screen: Screen;
  readonly #figures: Figures;
  readonly #actions: Actions;

  constructor(seats: Seats, screen: Screen, figures: Figures, actions: Actions) {
    this.#seats = seats;
    this.#screen = screen;
    this.#figures = figures;
    this.#actions = actions;
  }

  accept(socket: WebSocket, login: Login): void {
    const { clock, logger } = this.#seats.options;
    if (this.#seats.closing) {
      socket.close(closeCodes.restart, 'restart');
      return;
    }
    const panel = new Panel(login.agent, socket, this.#seats.limits, clock.monotonic(), (why) => {
      this.#seats.counters[why === 'slow' ? 'cutSlow' : 'cutSilent']++;
      logger.warn({ agent: panel.agent, session: panel.session, why }, 'panel cut off');
      // A silent one was alive when it was last heard, and may have been until its next beat was due.
      const at = why === 'silent' ? panel.heardAt + this.#seats.limits.beatMs : clock.monotonic();
      this.#leave(panel, 1006, Math.min(at, clock.monotonic()));
    });
    panel.login = login.session;
    this.opening.add(panel);
    socket.on('message', (data, isBinary) => this.#hear(panel, data, isBinary));
    // ws closes the connection by itself after an error (bad frame; too long: 1009).
    socket.on('error', (error) => {
      logger.info({ agent: panel.agent, session: panel.session, err: error }, 'panel connection failed');
    });
    socket.on('close', (code) => {
      panel.ended();
      this.#leave(panel, code, clock.monotonic());
    });
  }

  /** Closes a panel with a code; from now on it is gone, whenever its end of the connection agrees. */
  close(panel: Panel, code: number, reason: string): void {
    panel.close(code, reason);
    this.#leave(panel, code, this.#seats.options.clock.monotonic());
  }

  #leave(panel: Panel, code: number, at: Millis): void {
    this.opening.delete(panel);
    const seat = this.#seats.get(panel.agent);
    if (seat === undefined || !seat.panels.has(panel)) return;
    seat.disconnect(panel, at);
    this.#seats.counters.panels--;
    if (this.#seats.closing) return;
    const data = { session: panel.session, code, panels: seat.panels.size };
    this.#seats.note(deskFacts.panelClosed, data, { agent: panel.agent });
  }

  #hear(panel: Panel, data: RawData, isBinary: boolean): void {
    if (panel.state === 'closed') return;
    const { counters, options, limits } = this.#seats;
    const now = options.clock.monotonic();
    panel.heardAt = now;
    counters.messages++;
    const text = isBinary ? '' : data.toString();
    const tooFast = !panel.rate.take(now);
    if (tooFast && text.length > shortMessage) {
      this.#bad(panel, 0, failed['desk-too-fast']({ perSecond: limits.commandsPerSecond }));
      return;
    }
    const message = readMessage(text);
    if (message.kind === 'beat') {
      panel.seen = message.beat.seen;
      return;
    }
    if (tooFast) {
      counters.tooFast++;
      this.#bad(panel, message.re, failed['desk-too-fast']({ perSecond: limits.commandsPerSecond }));
      return;
    }
    if (message.kind === 'bad') {
      this.#bad(panel, message.re, message.error);
      return;
    }
    const opens = message.name === 'hello' || message.name === 'resume';
    if (opens !== (panel.state === 'opening')) {
      this.#bad(panel, message.re, failed['desk-hello-first']());
      return;
    }
    panel.badInARow = 0;
    if (panel.underWay >= limits.commandsUnderWay) {
      panel.fail(message.re, failed['desk-too-fast']({ perSecond: limits.commandsPerSecond }));
      return;
    }
    void this.#obey(panel, message.re, message.name, message.with);
  }

  #bad(panel: Panel, re: number, error: SwitchroomError): void {
    this.#seats.counters.badMessages++;
    panel.fail(re, error);
    if (++panel.badInARow >= this.#seats.limits.badInARow) this.close(panel, closeCodes.badPanel, error.code);
  }

  /** Does a command and answers it. Never rejects. */
  async #obey(panel: Panel, re: number, name: CommandName, given: CommandWith<CommandName>): Promise<void> {
    const { options } = this.#seats;
    panel.underWay++;
    try {
      if (name === 'hello' || name === 'resume') {
        this.#greet(panel, re, given as Greeting);
        return;
      }
      const seat = this.#seats.get(panel.agent);
      const record = options.directory.agents.get(panel.agent);
      if (seat === undefined || record === undefined) throw failed['desk-no-agent']();
      // `given` was read by the schema of this very command.
      const act = this.#actions[name] as (asker: Asker, given: CommandWith<CommandName>) => object | Promise<object>;
      panel.answer(re, await act({ panel, seat, record }, given));
    } catch (error) {
      if (error instanceof SwitchroomError) {
        panel.fail(re, error);
      } else {
        options.logger.error({ err: error, agent: panel.agent, command: name }, 'command of a panel failed');
        panel.fail(re, failed['desk-failed']());
      }
    } finally {
      panel.underWay--;
    }
  }

  #greet(panel: Panel, re: number, given: Greeting): void {
    const { options, epoch, counters } = this.#seats;
    panel.language = given.language;
    if (given.protocol !== protocolVersion) {
      panel.fail(re, failed['desk-protocol-unsupported']({ theirs: given.protocol, ours: protocolVersion }));
      this.close(panel, closeCodes.protocol, 'protocol');
      return;
    }
    const record = options.directory.agents.get(panel.agent);
    if (record === undefined || record.disabled) {
      panel.fail(re, failed['desk-no-agent']());
      this.close(panel, closeCodes.signedOut, 'disabled');
      return;
    }
    const seat = this.#seats.of(record.id);
    const known = given.session !== undefined && given.epoch === epoch && seat.sessions.has(given.session);
    panel.session = known && given.session !== undefined ? given.session : randomBytes(16).toString('base64url');
    this.#makeRoom(seat, panel);
    // What signing in tells is kept as an event, so it is among those missed, or in the snapshot: neither twice nor lost.
    this.#signIn(record, panel);
    const missed = known && given.seen !== undefined ? seat.stream.after(given.seen) : undefined;
    const how = missed === undefined ? 'snapshot' : 'resumed';
    if (missed !== undefined) {
      panel.answer(re, { session: panel.session, epoch, how } satisfies Welcome);
      for (const text of missed) panel.send(text);
    } else {
      const contacts = options.agentWork.agent(record.id)?.contacts ?? [];
      for (const contact of contacts) recallContact(options.journal, options.conversations, seat, contact);
      const snapshot = this.#screen.snapshot(record, seat, options.clock.now());
      panel.answer(re, { session: panel.session, epoch, how, snapshot } satisfies Welcome);
    }
    if (panel.state !== 'opening') return;
    this.opening.delete(panel);
    panel.state = 'open';
    seat.connect(panel);
    seat.sessions.set(panel.session, options.clock.monotonic());
    counters.panels++;
    if (missed !== undefined) this.#figures.all(panel);
    const panels = seat.panels.size;
    options.logger.info({ agent: record.id, session: panel.session, how, panels }, 'panel connected');
    const note = { session: panel.session, how: given.session === undefined ? ('hello' as const) : how, panels };
    this.#seats.note(deskFacts.panelConnected, note, { agent: record.id });
  }

  /** Ends the older connection of the same session, and the oldest panel where there are too many. */
  #makeRoom(seat: Seat, panel: Panel): void {
    for (const other of [...seat.panels]) {
      if (other.session === panel.session) this.close(other, closeCodes.displaced, 'displaced');
    }
    const [oldest] = seat.panels;
    if (oldest !== undefined && seat.panels.size >= this.#seats.limits.panelsPerAgent) {
      this.close(oldest, closeCodes.tooMany, 'too many panels');
    }
  }

  #signIn(record: AgentRecord, panel: Panel): void {
    const { agentWork } = this.#seats.options;
    if (!record.roles.includes('agent')) return;
    if ((agentWork.agent(record.id)?.presence ?? 'offline') !== 'offline') return;
    agentWork.signIn(record.id);
    this.#seats.note(deskFacts.signedIn, { session: panel.session }, { agent: record.id });
  }
}
