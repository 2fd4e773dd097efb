// What the API says of moments.
import type { Moment } from '../../../server/moments/schema.ts';
import type { Mark } from '../editor/json-editor.tsx';

export interface MomentSummary {
  moment: string;
  state: 'current' | 'kept' | 'refused' | 'disabled' | 'draft';
  version?: string;
  /** As it is in use, or would be. */
  rule?: Moment;
  draft?: { at: number; by: string };
  findings: Mark[];
}

export interface EffectRow {
  moment: string;
  fired: number;
  reached: number;
  answered: number;
  /** By reason. */
  restrained: Record<string, number>;
  /** By `action reason`. */
  held: Record<string, number>;
}

export interface DayRow {
  day: string;
  moment: string;
  fired: number;
  reached: number;
  answered: number;
  restrained: number;
}

export type { MomentLine } from '../../../server/moments/moment-log.ts';
export type { Tried, WhyNot } from '../../../server/moments/rehearse.ts';
