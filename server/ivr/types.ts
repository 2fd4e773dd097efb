// The contract between the interpreter and whoever drives a call through a flow (server/calls). The interpreter is pure:
// it takes what happened and says what to do next. Everything here except FlowSet is plain JSON data, so that a call's
// place in its flow can be journaled and taken up again after a restart.
import type { Language, SkillDemand } from '../../values/index.ts';
import type { CompiledFlow } from './compile.ts';
import type { Hours } from './schema.ts';

/** All flows of one moment, checked together. Immutable: a call keeps the set that it began with. */
export interface FlowSet {
  /** SHA-256 (hex) over the flows' texts and the site's hours; the same of both give the same version. */
  readonly version: string;
  readonly flows: ReadonlyMap<string, CompiledFlow>;
  /** Opening hours of the site by name, for flows that have none of that name of their own. */
  readonly hours: ReadonlyMap<string, Hours>;
}

/** Something to say, in one language, with all variables filled in. media/prompts turns it into audio. */
export type Prompt =
  /**
   * A text. `file` names the recording of it where there is one: prompts/<language>/<file>.wav, and the recording wins.
   * `filled`: the text holds values of this call, so it has no recording and must not be kept.
   */
  | { say: 'text'; language: Language; text: string; file?: string | undefined; filled?: boolean | undefined }
  /** A recording whose text nobody wrote down. */
  | { say: 'file'; language: Language; file: string }
  /** One digit after the other: account numbers, an agent's number. `0-9 * #`; anything else is left out. */
  | { say: 'digits'; language: Language; digits: string }
  /** A whole number from 0 to 999,999,999, as a quantity. */
  | { say: 'number'; language: Language; number: number }
  /** "You are number 3 in the queue." The driver makes these while the caller waits. */
  | { say: 'position'; language: Language; position: number }
  /** "The expected wait is about 4 minutes." Whole minutes, at least 1. */
  | { say: 'wait'; language: Language; minutes: number }
  /** "You are talking to agent number 1 0 0 1." Spoken at connect. */
  | { say: 'agent'; language: Language; number: string }
  | { say: 'silence'; ms: number };

/** How digits are to be collected; the same words as DigitRule of media/media-server.ts. */
export interface AskRule {
  max: number;
  terminator?: string | undefined;
  /** Milliseconds from the end of the prompts to the first digit. */
  firstMs: number;
  /** Milliseconds between digits. */
  betweenMs: number;
  /** Digits must not reach events, logs, recordings or the path. */
  secret: boolean;
}

/** What the caller hears while she waits besides the music. Seconds count from entering the queue. */
export interface Announce {
  position: boolean;
  wait: boolean;
  everySeconds: number;
  /** Said with each announcement, after position and wait; already in the caller's language. */
  prompts: Prompt[];
}

/** The caller may press a key to be called back instead of waiting; her place is kept. */
export interface CallbackChoice {
  key: string;
  /** As the caller's or the flow's, digits with or without `+`. */
  number: string;
  /** Offer it; said with each announcement. */
  prompts: Prompt[];
  /** Asked before; the same key says yes. Empty: the key alone is enough. */
  confirm: Prompt[];
  /** Not called before that long from now. */
  afterSeconds: number;
}

/**
 * What the driver is to do, in order. A step's last effect is the one that waits (`say`, `ask`, `queue`, `transfer`: do it
 * and come back with `advance`) or ends the flow (`hangup`, `return`: do not come back). Those before it (`note`,
 * `finding`) are to be recorded and need no answer.
 */
export type Effect =
  /**
   * Answer with `{ on: 'said' }`. `bargeIn`: a digit keyed in it, or just before and not asked for yet, ends it; it stays and
   * counts for the next `ask`. Otherwise it is said whole, and a digit keyed just before its end counts for the next `ask`.
   */
  | { do: 'say'; node: string; prompts: Prompt[]; bargeIn: boolean }
  /**
   * Say (perhaps nothing), then collect. Answer with `{ on: 'digits' }`. `bargeIn`: digits keyed ahead count, and nothing is
   * said then. Otherwise all is said, and digits count only after it.
   */
  | { do: 'ask'; node: string; prompts: Prompt[]; bargeIn: boolean; rule: AskRule }
  /** Answer with `{ on: 'queue' }` only when the caller leaves the queue and is still there. */
  | {
      do: 'queue';
      node: string;
      queue: string;
      /** 0 (default of every queue) to 100; higher goes first. */
      priority: number;
      skills: SkillDemand[];
      language: Language;
      /** Name of the music's file under prompts/music; absent: the queue's own. */
      music?: string | undefined;
      announce?: Announce | undefined;
      /** Chosen and noted: `{ on: 'queue', how: 'callback' }`. Absent where there is no number to call. */
      callback?: CallbackChoice | undefined;
      /** After that, `{ on: 'queue', how: 'overflow' }`. */
      maxWaitSeconds: number;
      /** How long an agent's phone rings before the offer is missed; absent: the queue's own. */
      ringSeconds?: number | undefined;
      /** The node has a `next`: when the agent has hung up and the caller is still there, answer `how: 'talked'`. */
      afterTalk: boolean;
    }
  /** Blind transfer. Answer with `{ on: 'transfer' }` only when it failed; success ends the flow. */
  | { do: 'transfer'; node: string; to: { number: string } | { agent: string }; ringSeconds: number }
  | { do: 'hangup'; node: string; why: 'flow' | 'fault' }
  /** The outermost flow is over with a result: ends a detour. A call that was not detoured is hung up. */
  | { do: 'return'; node: string; result: string }
  /** One line of the caller's path, as the agent sees it on her screen. Secret values are never here. */
  | { do: 'note'; node: string; type: string; label?: string | undefined; value?: string | undefined }
  /** The flow did something that its author should hear of: counted, logged, shown to the admin. No personal data. */
  | { do: 'finding'; node: string; code: RunFinding; sentence: string };

export type EffectOf<Do extends Effect['do']> = Extract<Effect, { do: Do }>;

export type RunFinding =
  | 'loop-limit'
  | 'flow-missing'
  | 'flow-depth'
  | 'node-missing'
  | 'exit-missing'
  | 'input-unexpected';

/** What happened. One that does not answer the effect that waits is reported as a finding and changes nothing else. */
export type Input =
  | { on: 'said'; how: 'finished' | 'barged' | 'failed' }
  /** As media's Digits; `failed` where nothing could be collected. */
  | { on: 'digits'; digits: string; end: 'max' | 'terminator' | 'timeout' | 'stopped' | 'failed' }
  /**
   * What a customer wrote, where the flow is a bot on a digital channel: answers `ask`. In a menu its key (also of a
   * button) or its label chooses. Collected as it is: `max` and the terminator are for keys, `min` holds.
   */
  | { on: 'text'; text: string }
  /**
   * `overflow` waited too long · `empty` nobody is there who could ever answer · `full` the queue takes no more ·
   * `closed` outside its hours · `failed` no such queue, or refused · `talked` see `afterTalk` · `callback` she will be
   * called back.
   */
  | { on: 'queue'; how: 'overflow' | 'empty' | 'full' | 'closed' | 'failed' | 'talked' | 'callback' }
  | { on: 'transfer'; how: 'busy' | 'no-answer' | 'failed' };

/** What a flow is begun with. */
export interface Given {
  /** The caller's language: of the customer, else of the DID. A flow that does not speak it takes its own first one. */
  language: Language;
  /** Of the flow's `variables`, the call's own, or those of an earlier flow. Over the flow's defaults. */
  variables?: Readonly<Record<string, string>> | undefined;
  /** Tags of the customer. */
  tags?: readonly string[] | undefined;
  /** `{from}` in texts and branches: the caller's number, empty where withheld. */
  from?: string | undefined;
  /** `{to}`: the number that was called. */
  to?: string | undefined;
  /** IANA name, for hours that name no zone of their own. Default UTC. */
  timeZone?: string | undefined;
}

/** One flow under way; the innermost stands last. */
export interface Frame {
  flow: string;
  /** SHA-256 (hex) of that flow's text. */
  version: string;
  node: string;
  /** Prompts already repeated at this menu or collect. */
  tries: number;
}

/**
 * Where a call is in its flow.
 *
 * ```
 *   begin ──▶ say ⇄ ask ⇄ queue ⇄ transfer     (each arrow an advance; `waiting` names the effect that waits)
 *              └──────┴──────┴───────┴────▶ ended
 * ```
 */
export interface FlowState {
  /** Version of the FlowSet. */
  set: string;
  frames: Frame[];
  waiting: 'say' | 'ask' | 'queue' | 'transfer' | 'ended';
  language: Language;
  variables: Record<string, string>;
  /** Values of secret collects. Drop them (`withoutSecrets`) before the state is written anywhere. */
  secrets: Record<string, string>;
  tags: string[];
  timeZone: string;
  /** Nodes passed since the caller last did something; bounds loops. */
  idle: number;
  /** Faults of the flow since then: the first goes to the error exit, the second ends the call. */
  faults: number;
}

export interface Step {
  state: FlowState;
  effects: Effect[];
  /** Nodes that were entered, in order, as `flow/node`: for statistics and for the cover of tests. */
  passed: string[];
}
