// What a headset's hook key does next: takes the call that rings, or puts the receiver down.
import type { CommandName, CommandWith } from '../../../server/desk/protocol.ts';
import type { PanelState } from '../state/state.ts';

type Command<Name extends CommandName> = { do: Name; with: CommandWith<Name> };

/** @returns undefined where there is nothing to take or to end */
export function hookCommand(
  lifted: boolean,
  { phone, pops }: Pick<PanelState, 'phone' | 'pops'>,
): Command<'answer'> | Command<'phone-answer'> | Command<'phone-hangup'> | undefined {
  const lineThat = (state: 'ringing' | 'up') => phone?.lines.find((line) => line.state === state)?.line;
  if (!lifted) {
    const line = lineThat('up');
    return line === undefined ? undefined : { do: 'phone-hangup', with: { line } };
  }
  const line = lineThat('ringing');
  if (line !== undefined) return { do: 'phone-answer', with: { line } };
  // Shown before it rings. A headset takes no written contact, which may be offered besides.
  const pop = Object.values(pops).find((one) => one.outcome === undefined && one.content.channel === 'voice');
  return pop === undefined ? undefined : { do: 'answer', with: { offer: pop.offer.id } };
}
