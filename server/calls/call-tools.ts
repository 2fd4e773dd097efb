// What calls are given by main.ts.
import type { Logger } from 'pino';
import type { Audio } from '../../media/media-server.ts';
import type { Clock, Language, PopContent } from '../../values/index.ts';
import type { FlowSet, FlowState, Prompt } from '../ivr/index.ts';
import type { Journal } from '../journal/index.ts';
import type { CallbackNotes, Directory, Queueing } from '../ports/index.ts';
import type { Signaling } from '../signaling/index.ts';

/** Flows of now; calls under way keep the set that they began with. */
export interface Flows {
  current(): FlowSet;
  /** By version, where it is still there: for calls of an earlier server. */
  version(version: string): FlowSet | undefined;
}

/** Counts the ways that calls take through flows. */
export interface Traffic {
  /** @param passed nodes entered since `before`, as `flow/node` */
  passed(before: FlowState | undefined, passed: readonly string[]): void;
}

/** See media/prompts. Neither rejects: what cannot be said is left out and logged. */
export interface PromptAudio {
  audio(prompts: readonly Prompt[]): Promise<Audio[]>;
  music(name?: string): Audio[];
}

export interface KnownCustomer {
  id: string;
  name?: string | undefined;
  tags: string[];
  language?: Language | undefined;
}

/** Who calls; it stands between INVITE and answer, so it is memory or one prepared statement. */
export interface CustomerLookup {
  /** @param number E.164, or as received */
  byNumber(number: string): KnownCustomer | undefined;
  /** Earlier interactions, newest first. */
  earlier(customer: string): PopContent['earlier'];
}

export interface CallTools {
  signaling: Signaling;
  journal: Journal;
  queueing: Queueing;
  directory: Directory;
  flows: Flows;
  traffic?: Traffic | undefined;
  prompts: PromptAudio;
  customers: CustomerLookup;
  /** Absent: nobody can choose to be called back. */
  callbacks?: CallbackNotes | undefined;
  clock: Clock;
  logger: Logger;
  /** While true, no call begins but to emergency numbers. */
  draining?: (() => boolean) | undefined;
  /** Silence of a phone (no 18x) after which it counts as unreachable. Default 3,000 ms. */
  silentPhoneMs?: number | undefined;
  /** How long a parked call waits for somebody. Default 120,000 ms. */
  parkMs?: number | undefined;
}
