// Calls that ring at her phone and are no offers: a colleague's call, a consultation, a call that she placed herself.
import type { PanelState } from './state.ts';

type Lines = NonNullable<PanelState['phone']>['lines'];

export function ringingLines({ phone, pops }: Pick<PanelState, 'phone' | 'pops'>): Lines {
  const offered = new Set(
    Object.values(pops).flatMap((pop) => (pop.outcome === undefined ? [pop.content.interaction] : [])),
  );
  return (phone?.lines ?? []).filter(
    (line) => line.state === 'ringing' && (line.interaction === undefined || !offered.has(line.interaction)),
  );
}
