// What is known of a call from its first moment, and does not change.
import type { Direction, InteractionId, Language, Millis } from '../../values/index.ts';
import type { KnownCustomer } from './call-tools.ts';

export interface CallFacts {
  interaction: InteractionId;
  direction: Direction;
  /** Call-ID of the first leg. */
  callId: string;
  /** E.164 where it could be normalised, else as received; absent where withheld. */
  from?: string | undefined;
  fromDialled?: string | undefined;
  fromName?: string | undefined;
  to: string;
  toDialled: string;
  trunk?: string | undefined;
  did?: string | undefined;
  flow?: string | undefined;
  language: Language;
  startedAt: Millis;
  customer?: KnownCustomer | undefined;
}

export interface PathStep {
  at: Millis;
  node: string;
  type: string;
  label?: string | undefined;
  value?: string | undefined;
}
