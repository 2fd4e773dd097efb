// How good a line is, from the MOS of both directions.
import type { PanelState } from '../state/state.ts';

type Quality = NonNullable<PanelState['phoneQuality']>;
export type LineQuality = 'good' | 'fair' | 'bad';

/** From which MOS a line is good, and from which it will do (ITU-T G.107 Annex B: 4.0 satisfied, 3.6 some dissatisfied). */
const good = 4;
const fair = 3.6;

export function gradeOf({ mos }: Quality['up']): LineQuality {
  return mos >= good ? 'good' : mos >= fair ? 'fair' : 'bad';
}

/** The worse direction is what a talk suffers from. */
export function lineQuality({ up, down }: Quality): LineQuality {
  return gradeOf(down === undefined || up.mos <= down.mos ? up : down);
}
