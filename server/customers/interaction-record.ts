// The record of an interaction as a fold over its events. Pure: the same events give the same record, live or rebuilt.
import type { AgentId, CustomerId, InteractionId, Millis, QueueId } from '../../values/index.ts';
import type { EventType, JournalEvent } from '../journal/index.ts';
import {
  interactionAnswered,
  interactionDisposed,
  interactionEnded,
  interactionFlowEntered,
  interactionHeld,
  interactionIdentified,
  interactionOfferEnded,
  interactionOffered,
  interactionParty,
  interactionQuality,
  interactionQueued,
  interactionQueueLeft,
  interactionResumed,
  interactionStarted,
  interactionStep,
  interactionTalkEnded,
  interactionTransferred,
  interactionWrappedUp,
  recordingEnded,
  recordingStarted,
} from './interaction-events.ts';
import { moveParty, type PartiesNow, type PartyRecord } from './interaction-parties.ts';

export interface AgentPart {
  agent: AgentId;
  queue?: QueueId | undefined;
  offer?: string | undefined;
  offeredAt?: Millis | undefined;
  /** How the offer ended. */
  outcome?: string | undefined;
  answeredAt?: Millis | undefined;
  endedAt?: Millis | undefined;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
}

export interface PathStep {
  at: Millis;
  node: string;
  type: string;
  label?: string | undefined;
  value?: string | undefined;
}

export interface LegQuality {
  leg: string;
  party: string;
  codec: string;
  received: number;
  lost: number;
  jitterMs: number;
  rttMs?: number | undefined;
  mos: number;
}

export interface Transfer {
  at: Millis;
  kind: string;
  to?: string | undefined;
  by?: AgentId | undefined;
}

export interface RecordingRecord {
  id: string;
  agent?: AgentId | undefined;
  startedAt: Millis;
  endedAt?: Millis | undefined;
  ms?: number | undefined;
  bytes?: number | undefined;
  sha256?: string | undefined;
}

export type Outcome = 'open' | 'answered' | 'abandoned' | 'contained' | 'transferred' | 'failed';

export interface InteractionRecord {
  id: InteractionId;
  site: string;
  team?: string | undefined;
  channel: string;
  direction: string;
  callId?: string | undefined;
  customer?: CustomerId | undefined;
  identifiedBy?: string | undefined;
  /** E.164 where it could be understood. */
  from?: string | undefined;
  fromDialled?: string | undefined;
  fromName?: string | undefined;
  /** The first contact of those that go on from one another, on whatever channel; absent: it stands by itself. */
  thread?: InteractionId | undefined;
  to?: string | undefined;
  toDialled?: string | undefined;
  trunk?: string | undefined;
  did?: string | undefined;
  language?: string | undefined;
  flow?: string | undefined;
  flowVersion?: string | undefined;
  path: PathStep[];
  /** The last one. */
  queue?: QueueId | undefined;
  /** The last one that talked. */
  agent?: AgentId | undefined;
  agents: AgentPart[];
  startedAt: Millis;
  queuedAt?: Millis | undefined;
  answeredAt?: Millis | undefined;
  endedAt?: Millis | undefined;
  waitMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  outcome: Outcome;
  endedWhere?: string | undefined;
  endedBy?: string | undefined;
  cause?: string | undefined;
  sipStatus?: number | undefined;
  transfers: Transfer[];
  parties: PartyRecord[];
  disposition?: string | undefined;
  note?: string | undefined;
  quality: LegQuality[];
  recordings: RecordingRecord[];
  lastSeq: number;
}

/** A record with what is under way in it. */
export interface Folding {
  record: InteractionRecord;
  waitingSince?: Millis | undefined;
  /** Since when each agent's part is on hold, by index. */
  heldSince: Map<number, Millis>;
  partySince?: PartiesNow;
  /** She left the queue because she is going to be called back. */
  calledBack?: boolean;
}

/** A record before its first event. Events that came without `interaction.started` (it was lost with a disk) still make one. */
export function emptyRecord({ interaction, site, team, at }: JournalEvent): Folding {
  return {
    heldSince: new Map(),
    record: {
      id: interaction ?? '',
      site,
      team,
      channel: 'voice',
      direction: 'in',
      path: [],
      agents: [],
      startedAt: at,
      waitMs: 0,
      talkMs: 0,
      holdMs: 0,
      wrapUpMs: 0,
      outcome: 'open',
      transfers: [],
      parties: [],
      quality: [],
      recordings: [],
      lastSeq: 0,
    },
  };
}

type Fold<Data> = (folding: Folding, event: JournalEvent, data: Data) => void;

const folds = new Map<string, Fold<object>>();

function on<Data extends object>(type: EventType<Data>, fold: Fold<Data>): void {
  // The journal checked the data by that very schema.
  folds.set(type.name, fold as unknown as Fold<object>);
}

// What each event does to the record. Of an erased person the personal fields, all optional, are missing.

on(interactionStarted, ({ record }, event, data) => {
  const { channel, direction, callId, trunk, did, language, from, fromDialled, fromName, to, toDialled, thread } = data;
  Object.assign(record, { channel, direction, callId, trunk, did, language, thread });
  Object.assign(record, { from, fromDialled, fromName, to, toDialled, startedAt: event.at });
});

on(interactionIdentified, ({ record }, event, { by }) => {
  record.customer = event.customer;
  record.identifiedBy = by;
});

on(interactionFlowEntered, ({ record }, _event, { flow, version }) => {
  if (record.flow !== undefined) return;
  record.flow = flow;
  record.flowVersion = version;
});

on(interactionStep, ({ record }, { at }, { node, type, label, value }) => {
  record.path.push({ at, node, type, label, value });
});

on(interactionQueued, (folding, { at, queue }) => {
  endWait(folding, at);
  folding.waitingSince = at;
  folding.calledBack = false;
  folding.record.queue = queue;
  folding.record.queuedAt ??= at;
});

on(interactionQueueLeft, (folding, { at }, { why }) => {
  endWait(folding, at);
  folding.calledBack = why === 'callback';
});

on(interactionOffered, ({ record }, { at, agent = '', queue }, { offer }) => {
  record.agents.push({ ...newPart(agent, queue), offer, offeredAt: at });
});

on(interactionOfferEnded, ({ record }, _event, { offer, outcome }) => {
  const part = record.agents.find((candidate) => candidate.offer === offer);
  if (part) part.outcome = outcome;
});

on(interactionAnswered, (folding, { at, agent = '', queue }, { offer }) => {
  endWait(folding, at);
  const { record } = folding;
  record.agent = agent;
  record.answeredAt ??= at;
  let part = record.agents.findLast(
    (candidate) => candidate.agent === agent && candidate.answeredAt === undefined && candidate.offer === offer,
  );
  if (part === undefined) {
    part = newPart(agent, queue);
    record.agents.push(part);
  }
  part.answeredAt = at;
});

on(interactionHeld, (folding, { at, agent }) => {
  const part = talkingPart(folding.record, agent);
  if (part >= 0 && !folding.heldSince.has(part)) folding.heldSince.set(part, at);
});

on(interactionResumed, (folding, { at, agent }) => endHold(folding, talkingPart(folding.record, agent), at));

on(interactionTransferred, ({ record }, { at, agent }, { kind, to }) => {
  record.transfers.push({ at, kind, to, by: agent });
});

on(interactionTalkEnded, (folding, { at, agent }) => endTalk(folding, talkingPart(folding.record, agent), at));

on(interactionEnded, (folding, { at }, { where, by, cause, sipStatus }) => {
  const { record } = folding;
  endWait(folding, at);
  for (const [index] of record.agents.entries()) endTalk(folding, index, at);
  Object.assign(record, { endedAt: at, endedWhere: where, endedBy: by, cause, sipStatus });
  record.outcome = outcomeOf(record, folding.calledBack === true);
});

on(interactionWrappedUp, ({ record }, { agent }, { ms }) => {
  const part = record.agents.findLast((candidate) => candidate.agent === agent && candidate.answeredAt !== undefined);
  if (part) part.wrapUpMs += ms;
  record.wrapUpMs += ms;
});

on(interactionDisposed, ({ record }, _event, { disposition, note }) => {
  if (disposition !== undefined) record.disposition = disposition;
  if (note !== undefined) record.note = note;
});

on(interactionParty, (folding, { at }, { party, as, kind, to, who: agent, by, state, why }) => {
  moveParty(folding, at, { party, as, kind, to, agent, by }, state, why);
});

on(interactionQuality, ({ record }, _event, data) => {
  record.quality.push({ ...data });
});

on(recordingStarted, ({ record }, { at, agent }, { recording }) => {
  record.recordings.push({ id: recording, agent, startedAt: at });
});

on(recordingEnded, ({ record }, { at }, { recording, ms, bytes, sha256 }) => {
  let found = record.recordings.find(({ id }) => id === recording);
  if (found === undefined) {
    found = { id: recording, startedAt: at - ms };
    record.recordings.push(found);
  }
  Object.assign(found, { endedAt: at, ms, bytes, sha256 });
});

// The desk, which stands above this folder, writes disposition and note one by one as facts of its own.

folds.set('desk.disposition-set', ({ record }, { data: { disposition } }) => {
  if (typeof disposition === 'string') record.disposition = disposition;
});

folds.set('desk.note-written', ({ record }, { data: { note } }) => {
  record.note = typeof note === 'string' ? note : undefined;
});

// So do conversations of colleagues who read and write along.

folds.set('conversation.joined', (folding, { at, seq, agent, data: { by } }) => {
  const asked = typeof by === 'string' ? by : undefined;
  moveParty(folding, at, { party: `joined_${seq}`, as: 'add', kind: 'agent', to: agent, agent, by: asked }, 'in');
});

folds.set('conversation.left', (folding, { at, agent, data: { why } }) => {
  const party = folding.record.parties.findLast((one) => one.agent === agent && one.endedAt === undefined);
  if (party) moveParty(folding, at, party, 'gone', typeof why === 'string' ? why : undefined);
});

/** Events that bring a contact to another team; later facts of the team before (wrap-up) do not take it back. */
const takesOver = new Set([interactionStarted.name, interactionQueued.name, interactionAnswered.name]);

/** Whether events of that kind change the record. */
export function isFolded(type: string): boolean {
  return folds.has(type);
}

/** Takes the next event in. Events of other kinds, and those taken in before, change nothing. */
export function foldInteraction(folding: Folding, event: JournalEvent): void {
  const { record } = folding;
  if (event.seq <= record.lastSeq) return;
  record.lastSeq = event.seq;
  if (event.team !== undefined && (record.team === undefined || takesOver.has(event.type))) record.team = event.team;
  folds.get(event.type)?.(folding, event, event.data);
}

function newPart(agent: AgentId, queue: QueueId | undefined): AgentPart {
  return { agent, queue, talkMs: 0, holdMs: 0, wrapUpMs: 0 };
}

function talkingPart(record: InteractionRecord, agent: AgentId | undefined): number {
  return record.agents.findLastIndex(
    (part) => part.agent === agent && part.answeredAt !== undefined && part.endedAt === undefined,
  );
}

function endWait(folding: Folding, at: Millis): void {
  if (folding.waitingSince === undefined) return;
  folding.record.waitMs += at - folding.waitingSince;
  folding.waitingSince = undefined;
}

function endHold(folding: Folding, index: number, at: Millis): void {
  const since = folding.heldSince.get(index);
  const part = folding.record.agents[index];
  if (since === undefined || part === undefined) return;
  folding.heldSince.delete(index);
  part.holdMs += at - since;
  folding.record.holdMs += at - since;
}

function endTalk(folding: Folding, index: number, at: Millis): void {
  const part = folding.record.agents[index];
  if (part?.answeredAt === undefined || part.endedAt !== undefined) return;
  endHold(folding, index, at);
  part.endedAt = at;
  part.talkMs = at - part.answeredAt - part.holdMs;
  folding.record.talkMs += part.talkMs;
}

function outcomeOf(
  { answeredAt, endedWhere, endedBy, queuedAt, transfers }: InteractionRecord,
  calledBack: boolean,
): Outcome {
  if (answeredAt !== undefined) return 'answered';
  if (endedWhere === 'transfer' || transfers.some(({ kind }) => kind === 'number')) return 'transferred';
  if (endedBy === 'system' || endedBy === 'network' || endedWhere === 'before') return 'failed';
  if (endedWhere === 'queue' || endedWhere === 'ringing') return 'abandoned';
  return queuedAt === undefined || calledBack ? 'contained' : 'abandoned';
}
