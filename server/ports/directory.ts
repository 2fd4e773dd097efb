// What is configured: agents, queues, skills, numbers, trunks. Names are the keys. Implemented by server/directory on
// SQLite; read by everyone from memory, changed by the API and the CLI, each change an event of the journal.
import type { EventEmitter } from 'node:events';
import type { AgentId, Channel, Language, QueueId, Scope, SkillDemand } from '../../values/index.ts';
import type { Hours } from '../ivr/index.ts';
import type { ChannelRecord } from './conversations.ts';
import type { Disposition } from './dispositions.ts';

/** Where an agent's calls ring. `registered`: contacts of that SIP user at our registrar. `none`: no voice. */
export type AgentPhone =
  | { kind: 'registered'; user: string }
  | { kind: 'uri'; uri: string }
  | { kind: 'number'; number: string }
  /** In her panel, by WebRTC. `at-once`: it answers offers by itself, once the screen-pop is there. */
  | { kind: 'panel'; answers: 'by-hand' | 'at-once' }
  | { kind: 'none' };

export type Role = 'agent' | 'supervisor' | 'admin';

export interface AgentRecord extends Scope {
  /** Also the login, and the extension: `1001`. */
  id: AgentId;
  name: string;
  roles: Role[];
  language: Language;
  phone: AgentPhone;
  /** Auto-answer headers are sent, so that the panel can answer. */
  autoAnswer: boolean;
  /** Proficiency 1 to 5 by skill. */
  skills: Record<string, number>;
  queues: QueueId[];
  capacity: Partial<Record<Channel, number>>;
  /** Her number is spoken to the caller at connect. */
  announceNumber: boolean;
  /** Classes of dial rules that she may use; absent: all. Emergency numbers, colleagues and queues always pass. */
  dialClasses?: string[] | undefined;
  disabled: boolean;
}

export interface QueueRecord extends Scope {
  id: QueueId;
  name: Partial<Record<Language, string>>;
  strategy: 'longest-idle' | 'most-skilled' | 'least-occupied' | 'round-robin';
  priority: number;
  skills: SkillDemand[];
  ringMs: number;
  maxWaitMs: number;
  wrapUpMs: number;
  /** Steps by which what is asked for is relaxed while a contact waits. */
  rings: { afterMs: number; relaxSkillsBy?: number; dropSkills?: boolean; alsoQueues?: QueueId[] }[];
  serviceLevelMs: number;
  dispositions: Disposition[];
  dispositionRequired: boolean;
  /** Her panel tells an agent when a supervisor listens to a talk of this queue. */
  tellMonitored?: boolean | undefined;
  /** Address of the customer in a CRM, opened from her panel: `https://crm.bank.example/?number={number}`. */
  popUrl?: string | undefined;
  /** It is opened with the pop, without a click. */
  popByItself?: boolean | undefined;
  record: boolean;
  /** Prompt names for music and announcements; the built-in ones by default. */
  music?: string | undefined;
  announceEveryMs: number;
  /** What happens to a contact when nobody who could take it is signed in. */
  whenEmpty: 'wait' | 'exit';
  /** Name of the hours in which it takes contacts; absent: always. */
  hours?: string | undefined;
  /** At closing time, contacts that wait already are still served (default), or given back; new ones are given back. */
  atClose?: 'serve' | 'exit' | undefined;
  /** As many may wait; one more is given back (`full`). Absent: no limit. */
  maxLength?: number | undefined;
  /** How long an agent who missed, declined or gave away a contact is not offered it again. Default 60,000 ms. */
  exclusionMs?: number | undefined;
  /** The contact's language is demanded as a skill of that name (`en`, `zh`), where such a skill is configured. */
  languageSkill?: boolean | undefined;
  /** After that long, who speaks another language will do. Default 60,000 ms. */
  languageSkillMs?: number | undefined;
  /**
   * What happens where wrap-up runs out without the disposition that is required. `extend` (default): it goes on until
   * she gives one, at most to `wrapUpLimitMs`, and then as `not-ready`. `not-ready`: it ends as missing, and she is not
   * ready (`disposition-missing`). `ignore`: it ends as missing.
   */
  dispositionMissing?: 'extend' | 'not-ready' | 'ignore' | undefined;
  /** Limit of wrap-up with every extension. Default 900,000 ms. */
  wrapUpLimitMs?: number | undefined;
  /** From when on its figures stand out on the wallboard. Absent: only a wait beyond the service level. */
  thresholds?: QueueThresholds | undefined;
  /** By kind of channel: a person's first answer is due within that here; absent: as the digital channel says. */
  firstAnswerMs?: Partial<Record<Exclude<Channel, 'voice'>, number>> | undefined;
}

/** Two levels of a live figure; either may be left out. */
export interface Levels {
  warn?: number | undefined;
  alarm?: number | undefined;
}

export interface QueueThresholds {
  /** As many wait, or more. */
  waiting?: Levels | undefined;
  /** The longest wait of now is this or more. */
  longestWaitMs?: Levels | undefined;
  /** The service level of today is this or less, percent. */
  serviceLevel?: Levels | undefined;
}

/** Opening hours that queues and flows name. In the site's time zone where they name none. */
export interface HoursRecord extends Scope, Hours {
  name: string;
  label: Partial<Record<Language, string>>;
}

export interface DidRecord extends Scope {
  /** As the trunk delivers it, or E.164. */
  number: string;
  flow: string;
  language: Language;
}

export interface TrunkRecord extends Scope {
  name: string;
  /** Sources that are this trunk: addresses or CIDR. */
  sources: string[];
  /** Where outbound calls go: `sip:gw.example:5060;transport=tcp`; absent: inbound only. */
  uri?: string | undefined;
  /** We challenge them: user, realm and HA1 values. */
  inboundAuth?: { user: string; ha1: Ha1 } | undefined;
  /** They challenge us: the secret must be known in clear; it is stored encrypted with the site's key. */
  outboundAuth?: { user: string; secret: string } | undefined;
  /** Whether calls from it reach agents' extensions and queues only by DID. */
  country: string;
  maxCalls?: number | undefined;
}

/** RFC 7616 HA1 values for a realm. */
export interface Ha1 {
  realm: string;
  md5: string;
  sha256: string;
}

/** A SIP user that may register: its secret is apart from people's logins. */
export interface SipUserRecord extends Scope {
  user: string;
  ha1: Ha1;
  /** Whose phone it is. */
  agent?: AgentId | undefined;
}

export interface SkillRecord extends Scope {
  name: string;
}

export interface DialRule {
  /** Which dialled numbers, by prefix in E.164 (`+86`) or as dialled (`00`); longest wins. */
  prefix: string;
  trunk: string;
  /** Digits taken off in front, then put in front. */
  strip: number;
  prepend: string;
  allow: boolean;
  /** Class of the numbers (`national`, `international` …), of which agents may be allowed some; absent: for everybody. */
  class?: string | undefined;
}

export interface DirectoryEvents {
  /** Something of that kind changed; ids or names of what did. */
  changed: [
    kind: 'agents' | 'queues' | 'hours' | 'skills' | 'dids' | 'trunks' | 'sip-users' | 'dial-rules' | 'channels',
    ids: string[],
  ];
}

export interface Table<Row> {
  get(key: string): Row | undefined;
  list(): readonly Row[];
  /** Creates or replaces. @throws invalid-field, unknown-reference. `by` is who did it, for the audit. */
  put(row: Row, by: string): Promise<void>;
  remove(key: string, by: string): Promise<boolean>;
}

export interface Directory extends EventEmitter<DirectoryEvents> {
  readonly site: { name: string; country: string; timeZone: string; realm: string };
  readonly agents: Table<AgentRecord>;
  readonly queues: Table<QueueRecord>;
  readonly hours: Table<HoursRecord>;
  readonly skills: Table<SkillRecord>;
  readonly dids: Table<DidRecord>;
  /** Digital ones; by the name that connectors use. */
  readonly channels: Table<ChannelRecord>;
  readonly trunks: Table<TrunkRecord>;
  readonly sipUsers: Table<SipUserRecord>;
  readonly dialRules: Table<DialRule>;
  /** Numbers that always pass, whatever the rules say: `110`, `112`, `119`, `120`, `911` … by country. */
  readonly emergencyNumbers: readonly string[];
}
