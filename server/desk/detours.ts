// Detours: the caller is in a flow for the agent, perhaps for minutes. The command is answered when the flow has begun,
// its end is told as an event.
import { type InteractionId, SwitchroomError } from '../../values/index.ts';
import type { CallView } from '../ports/index.ts';
import type { Asker } from './actions.ts';
import { failed } from './errors.ts';
import type { DeskOptions } from './options.ts';

export class Detours {
  readonly #options: DeskOptions;
  /** Commands whose flow has not begun yet. */
  readonly #beginning = new Map<InteractionId, () => void>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** To be told of every call that changed. */
  follow(call: CallView): void {
    if (call.phase === 'detour') this.#beginning.get(call.interaction)?.();
  }

  /** @returns when the flow has begun, or is over already @throws what CallControl.detour throws before it began */
  async begin({ seat, record, panel }: Asker, interaction: InteractionId, flow: string): Promise<void> {
    const { callControl, flows, logger } = this.#options;
    if (!flows?.().some((one) => one.flow === flow)) throw failed['flow-not-for-detours']({ flow });
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    this.#beginning.set(interaction, resolve);
    let answered = false;
    try {
      const ended = callControl.detour(record.id, interaction, flow).then(
        (result) => seat.tell('detour-ended', { interaction, flow, result }),
        (error: unknown) => {
          if (!answered) throw error;
          if (!(error instanceof SwitchroomError)) logger.error({ err: error, interaction, flow }, 'detour failed');
          const known = error instanceof SwitchroomError ? error : failed['desk-failed']();
          seat.tell('detour-ended', { interaction, flow, failed: { code: known.code, reason: panel.say(known) } });
        },
      );
      await Promise.race([begun, ended]);
    } finally {
      answered = true;
      if (this.#beginning.get(interaction) === resolve) this.#beginning.delete(interaction);
    }
  }
}
