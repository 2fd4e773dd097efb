// A call that was up when server and edge were lost together: its record gets an end, and routing lets go of it.
import type { InteractionId, OfferTarget } from '../../values/index.ts';
import { interactionEnded } from '../customers/index.ts';
import { type JournalEvent, newEvent } from '../journal/index.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';

/** @param started the event that began it */
export function endLost(
  { journal, clock, queueing }: Pick<CallTools, 'journal' | 'clock' | 'queueing'>,
  interaction: InteractionId,
  { customer, team }: JournalEvent,
): void {
  // Nobody knows when it ended.
  const event = { where: 'before' as const, by: 'network' as const, cause: 'restart' };
  const scope = {
    interaction,
    ...(customer === undefined ? {} : { customer }),
    ...(team === undefined ? {} : { team }),
  };
  void journal.append([newEvent(interactionEnded, clock.now(), event, scope)]);
  const gone: OfferTarget = {
    interaction,
    channel: 'voice',
    pop: () => {
      throw callErrors['call-unknown']({ interaction });
    },
    offer: async () => 'withdrawn',
  };
  const known = queueing.attach(gone, () => undefined);
  if (known.state === 'connected') queueing.finished(interaction, known.agent, 'failed');
  else queueing.leave(interaction, 'failed');
}
