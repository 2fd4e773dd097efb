// What was up when the server was lost and is no more: a call's record gets an end, and routing lets go of it; what was
// recorded until then is sealed.
import type { InteractionId, OfferTarget, RecordingId } from '../../values/index.ts';
import { interactionEnded, recordingEnded } from '../customers/index.ts';
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
  void journal.append([newEvent(interactionEnded, clock.now(), event, { interaction, customer, team })]);
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

/** @param began the event that began it */
export async function sealLost(
  { journal, clock, logger, signaling }: Pick<CallTools, 'journal' | 'clock' | 'logger' | 'signaling'>,
  recording: RecordingId,
  { interaction, agent, customer, team }: JournalEvent,
): Promise<void> {
  try {
    const sealed = await (await signaling.tools.media.recording(recording))?.stop();
    if (!sealed) {
      logger.warn({ recording, interaction }, 'of a recording that ended without a server nothing was found');
      return;
    }
    const scope = { interaction, agent, customer, team };
    await journal.append([newEvent(recordingEnded, clock.now(), { recording, ...sealed }, scope)]);
  } catch (error) {
    logger.warn({ err: error, recording, interaction }, 'a recording that ended without a server could not be sealed');
  }
}
