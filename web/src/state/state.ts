// All that the panel shows, as plain data. Changed only by reduce.ts.
import type {
  Colleague,
  DeskEventWith,
  DialledNumber,
  FloorAgent,
  LiveWith,
  ParkedCall,
  PopView,
  QueueCard,
  Setup,
  Snapshot,
  Today,
  WorkView,
} from '../../../server/desk/protocol.ts';
import type { CallView } from '../../../server/ports/index.ts';
import type { Conversation } from '../conversation/state.ts';

export type AgentLive = NonNullable<Snapshot['live']>;
export type Contact = AgentLive['contacts'][number];
/** `heardAt`: when they came, by this browser's clock; the longest wait goes on from there. */
export type QueueFigures = Snapshot['figures'][number] & { heardAt: number };
export type Outcome = NonNullable<PopView['outcome']>;
export type { CallView, Colleague, FloorAgent, PopView, QueueCard, Setup, Snapshot, Today, WorkView };

/** `first`: nothing was shown yet. `lost`: what is shown may be old. */
export type Link = { is: 'first' } | { is: 'open' } | { is: 'lost'; since: number };

/** How a detour ended: with what the flow found out, or why it could not be done. */
export interface DetourEnd {
  flow: string;
  result?: Record<string, string> | undefined;
  reason?: string | undefined;
}

export type Notice = { id: number; kind: 'info' | 'good' | 'bad' } & (
  | { about: 'offer'; outcome: Exclude<Outcome, 'accepted'>; from?: string | undefined; written?: boolean | undefined }
  | { about: 'failed'; reason: string }
  | { about: 'said'; text: string }
  | { about: 'review'; approved: boolean; why: string }
  | ({ about: 'detour' } & DetourEnd)
);
/** Without a number, which the reducer gives. */
export type NewNotice = Notice extends infer One ? (One extends Notice ? Omit<One, 'id'> : never) : never;

export interface Floor {
  calls: Record<string, CallView>;
  agents: Record<string, FloorAgent>;
  queues: QueueCard[];
}

export interface PanelState {
  link: Link;
  /** Server's clock minus ours, ms. */
  clockOffset: number;
  /** Number of the last event. */
  seen: number;
  setup?: Setup | undefined;
  live?: AgentLive | undefined;
  today?: Today | undefined;
  /** By offer. */
  pops: Record<string, PopView>;
  /** By interaction. */
  calls: Record<string, CallView>;
  /** By interaction. */
  conversations: Record<string, Conversation>;
  work: Record<string, WorkView>;
  /** The last one of each call that is on hand, by interaction. */
  detours: Record<string, DetourEnd>;
  /** By queue. */
  figures: Record<string, QueueFigures>;
  colleagues: Colleague[];
  parked: ParkedCall[];
  /** What she dialled last, the latest first. */
  dialled: DialledNumber[];
  /** Calls that colleagues ask her into, by interaction. */
  asked: Record<string, DeskEventWith<'asked'>>;
  /** Where her phone is the panel. */
  phone?: Snapshot['phone'];
  phoneQuality?: LiveWith<'phone-quality'> | undefined;
  /** Key of the contact in front (contacts.ts). */
  front?: string | undefined;
  notices: Notice[];
  /** Number of the newest notice. */
  noticed: number;
  floor?: Floor | undefined;
  signedOut?: 'asked' | 'disabled' | 'elsewhere' | undefined;
}

export const nothing: PanelState = {
  link: { is: 'first' },
  clockOffset: 0,
  seen: 0,
  pops: {},
  calls: {},
  conversations: {},
  work: {},
  detours: {},
  figures: {},
  colleagues: [],
  parked: [],
  dialled: [],
  asked: {},
  notices: [],
  noticed: 0,
};
