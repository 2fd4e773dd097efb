// What the API stands on: ports only, so that it is tested over real HTTP with fakes behind.
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock } from '../../values/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Callbacks } from '../callbacks/index.ts';
import type { Conversations } from '../conversations/index.ts';
import type { Customers, Interactions } from '../customers/index.ts';
import type { Accounts, SiteDirectory } from '../directory/index.ts';
import type { TextVersion } from '../flows/index.ts';
import type { Finding, FlowPicture, FlowTestResult } from '../ivr/index.ts';
import type { Reader, SiteJournal } from '../journal/index.ts';
import type { Knowledge } from '../knowledge/index.ts';
import type { MomentFiles, Moments } from '../moments/index.ts';
import type { AgentWork, CallControl, VisitorCalling } from '../ports/index.ts';
import type { Quality } from '../quality/index.ts';
import type { Retention } from '../retention/index.ts';
import type { OidcSignIn } from '../sign-in/index.ts';
import type { SipTrace } from '../sip-trace/index.ts';
import type { Social, SocialStream } from '../social/index.ts';
import type { EgressView } from '../uplink/index.ts';
import type { WorkItems } from '../work-items/index.ts';
import type { Metric } from './metrics.ts';

export interface FlowSummary {
  flow: string;
  /** `current`, `kept` (errors, the old version is in use), `refused` (errors, none is), `removed` (still called by another). */
  state: string;
  version?: string | undefined;
  findings: readonly Finding[];
}

/** The flows on disk and in use. */
export interface Flows {
  list(): readonly FlowSummary[];
  /** The file as it is written. */
  text(flow: string): Promise<string | undefined>;
  /** Checks a text as if it were that flow's file; its picture where it is a flow at all. */
  check(flow: string, text: string): Promise<{ findings: readonly Finding[]; picture?: FlowPicture | undefined }>;
  /**
   * Writes the file whole or not at all, and loads it. @param by who saves it
   * @param replaces looks at the text that is there right before (undefined: none), and may throw
   */
  save(flow: string, text: string, by: string, replaces?: (before: string | undefined) => void): Promise<void>;
  /** Runs the tests that stand beside the flow. */
  test(flow: string): Promise<readonly FlowTestResult[]>;
  /** The file of those tests; undefined where there is none. */
  tests(flow: string): Promise<string | undefined>;
  /** Versions that were in use, newest first. */
  versions(flow: string): readonly TextVersion[];
  version(flow: string, version: string): string | undefined;
  /** A call through the flows without a call. @param text instead of the flow's file. @throws flow-unknown, flow-has-errors */
  simulate(
    flow: string,
    text: string | undefined,
    given: SimulationGiven,
    inputs: readonly SimulationInput[],
  ): Promise<Simulation>;
}

export interface SimulationGiven {
  language?: 'en' | 'zh' | undefined;
  tags?: string[] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  timeZone?: string | undefined;
}

/** What the caller does, or what becomes of her. */
export type SimulationInput =
  | { press: string }
  | { wait: true }
  | { queue: 'overflow' | 'empty' | 'full' | 'closed' | 'failed' | 'talked' }
  | { transfer: 'busy' | 'no-answer' | 'failed' };

export interface Simulation {
  said: string[];
  /** As `flow/node`. */
  visited: string[];
  node: string;
  waitsFor: 'keys' | 'queue' | 'transfer' | 'nothing';
  /** Where the call is, as the end of a sentence. */
  where: string;
  variables: Record<string, string>;
  language: string;
  /** Why the last input was not taken. */
  refused?: string | undefined;
}

/** The audio of recordings, wherever it is. */
export interface RecordingAudio {
  /** Bytes of the WAV, or undefined where it is gone. */
  size(recording: string): Promise<number | undefined>;
  /** A part of it, both ends inclusive. */
  read(recording: string, range: { start: number; end: number }): Promise<Readable>;
}

/** What the API asks of callbacks. */
export type CallbackBook = Pick<Callbacks, 'schedule' | 'cancel' | 'get' | 'list'>;

/** Hosts of the media engine, where it has some. */
export interface MediaHosts {
  hosts(): { name: string; state: 'up' | 'away'; draining: boolean; weight: number; endpoints: number }[];
  /** @throws asterisk-host-unknown */
  drain(name: string, draining: boolean): ReturnType<MediaHosts['hosts']>[number];
}

/** Whether the server takes new calls and conversations. */
export interface Draining {
  /** How it stands: since when nothing new is taken, and what is still under way. */
  status(): { since?: number | undefined; calls: number; conversations: number };
  begin(by: string): Promise<void>;
  cancel(by: string): Promise<void>;
}

export interface ApiDeps {
  directory: SiteDirectory;
  accounts: Accounts;
  journal: Omit<SiteJournal, 'counters'>;
  agentWork: AgentWork;
  callControl: CallControl;
  /** Absent: visitors cannot call from their browsers. */
  visitorCalls?: VisitorCalling | undefined;
  customers: Customers;
  interactions: Interactions;
  /** For lists, reports and exports: off the main thread. */
  reads: Reader;
  reports: { rebuild(): Promise<void> };
  callbacks: CallbackBook;
  conversations: Conversations;
  workItems: WorkItems;
  /** Absent where no server runs. */
  moments?: Pick<Moments, 'figures' | 'log' | 'rehearse'> | undefined;
  social?: Pick<Social, 'questions'> | undefined;
  socialStream?: SocialStream | undefined;
  /** Absent where no server runs. */
  momentFiles?: MomentFiles | undefined;
  quality: Quality;
  knowledge: Knowledge;
  flows: Flows;
  /** Absent where no server runs. */
  audit?: Pick<AuditLog, 'find' | 'settled'>;
  recordings: RecordingAudio;
  /** Absent where no server runs. */
  sipTrace?: Pick<SipTrace, 'ladder' | 'messages'> | undefined;
  /** What leaves for the cloud. Absent where no server runs. */
  egress?: EgressView | undefined;
  /** Legal holds, and what is taken away when. Absent where no server runs. */
  retention?: Pick<Retention, 'holds' | 'run'> | undefined;
  /** Takes new calls and conversations, or not. Absent where no server runs. */
  draining?: Draining | undefined;
  /** Absent where the media engine has no hosts of its own. */
  mediaHosts?: MediaHosts | undefined;
  logger: Logger;
  clock: Clock;
  version: string;
  /** What stands in the way of taking calls, as sentences; empty: ready. */
  notReady: () => string[];
  /** Figures of other parts for /metrics. */
  metrics?: () => Metric[];
  /** Ways to log in besides the passwords kept here. */
  signIn?: { oidc?: Pick<OidcSignIn, 'label' | 'begin' | 'finish'> | undefined; ldap?: boolean };
  /** The cookie goes over HTTPS only. Default false: the demo speaks HTTP on loopback. */
  secureCookies?: boolean;
  /** Origins that pages may come from besides the server's own host. */
  origins?: readonly string[];
  /** Origins whose pages may show the panel in a frame. Default none. */
  embedders?: readonly string[];
  /** Addresses of reverse proxies whose X-Forwarded-For is believed. Default none. */
  trustProxy?: string[];
  /** Event streams open at once. Default 200. */
  mostStreams?: number;
  /** Of those, by one person or token. Default 20. */
  mostStreamsEach?: number;
  /** How often a stream shows that it lives, and looks whether its reader may still read. Default 15 s. */
  streamBeatMs?: number;
  /** Check answers against their schemas (tests). Default false. */
  checked?: boolean;
}
