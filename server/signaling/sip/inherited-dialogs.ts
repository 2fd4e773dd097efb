// Dialogs that are older than the connection, on a SIP server that cannot list what it has (a drachtio-server). It keeps
// them, takes our requests for them, but tells the new connection nothing of theirs: it answers a peer's BYE with 481 and
// drops the dialog (protocol facts §14). So those calls go on, and each is asked for now and then; what is gone is told by
// the SIP server's refusal ("unable to find dialog") and ends here as lost.
import type { Logger } from 'pino';
import type { SipDialog } from './dialog.ts';
import type { Wire } from './wire.ts';

/** Most dialogs that are remembered to be ended; more than a site has at once. */
const mostEndings = 20_000;
/** Dialogs are asked for in as many portions. */
const portions = 10;

export class InheritedDialogs {
  readonly #wire: Wire;
  readonly #everyMs: number;
  readonly #log: Logger;
  /** To be asked for, in turn. */
  readonly #dialogs = new Set<SipDialog>();
  /** Given up here while there was no connection; their peers may still be in them. */
  readonly #endings = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(wire: Wire, everyMs: number, log: Logger) {
    this.#wire = wire;
    this.#everyMs = everyMs;
    this.#log = log;
  }

  /** There is a connection again; these are older than it. All are asked for at once, later in turn. */
  connected(dialogs: Iterable<SipDialog>): void {
    for (const id of this.#endings) this.end(id);
    this.#endings.clear();
    this.#dialogs.clear();
    for (const dialog of dialogs) {
      this.#dialogs.add(dialog);
      this.#ask(dialog);
    }
    if (this.#dialogs.size === 0) return;
    this.#log.warn(
      { dialogs: this.#dialogs.size },
      'calls are older than the connection and are asked for now and then',
    );
    this.#timer = setInterval(() => this.#askSome(), this.#everyMs / portions);
    this.#timer.unref();
  }

  disconnected(): void {
    clearInterval(this.#timer);
    this.#dialogs.clear();
  }

  /** To be ended with BYE as soon as there is a connection. */
  endLater(id: string): void {
    if (this.#endings.size < mostEndings) this.#endings.add(id);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #askSome(): void {
    let left = Math.ceil(this.#dialogs.size / portions);
    for (const dialog of this.#dialogs) {
      if (left-- === 0) return;
      this.#dialogs.delete(dialog);
      if (dialog.over) continue;
      // To the end of the turn.
      this.#dialogs.add(dialog);
      this.#ask(dialog);
    }
    if (this.#dialogs.size === 0) clearInterval(this.#timer);
  }

  #ask(dialog: SipDialog): void {
    // The dialog itself draws the conclusion from a refusal.
    dialog.request('OPTIONS').catch((error: unknown) => {
      this.#log.debug(
        { err: error, sipCallId: dialog.callId },
        'call that is older than the connection did not answer',
      );
    });
  }

  /** BYE, for a dialog of which only the id is known. */
  end(stackDialogId: string): void {
    this.#wire.request(
      { method: 'BYE', stackDialogId },
      {
        response: () => {},
        // The usual case: the SIP server has lost them as we have.
        failed: (error) => this.#log.debug({ err: error, dialog: stackDialogId }, 'call that was given up was over'),
      },
    );
  }
}
