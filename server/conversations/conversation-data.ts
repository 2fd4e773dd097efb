// A conversation as it is kept: everything that a restarted server needs to go on. Plain JSON.
import type { Content, ReplyWindow } from '../../connector/index.ts';
import type {
  AgentId,
  Channel,
  CustomerId,
  InteractionId,
  Language,
  Millis,
  PopContent,
  QueueId,
} from '../../values/index.ts';
import type { FlowState } from '../ivr/index.ts';
import type { ConversationPhase, ConversationView, QueueRequest } from '../ports/index.ts';

/** What a customer who waits may choose instead. */
export interface CallbackOffer {
  /** The button's; also as it is typed. */
  key: string;
  number: string;
  afterSeconds: number;
  /** Asked before; absent: the key alone is enough. */
  confirm?: string | undefined;
  asked?: boolean | undefined;
}

/** A place in a queue. Stays while she talks, so that it is known which queue she came from. */
export interface Place {
  since: Millis;
  request: QueueRequest;
  /** The flow wants the customer back after the talk. */
  afterTalk: boolean;
  /** The queue that takes the conversation where the one wanted agent does not. */
  fallback?: QueueId | undefined;
  callback?: CallbackOffer | undefined;
}

/** The oldest word of the customer that nobody answered yet, and which alarms were raised. */
export interface Unanswered {
  since: Millis;
  due: Millis;
  warned?: boolean | undefined;
  told?: boolean | undefined;
}

export interface ConversationData {
  interaction: InteractionId;
  /** The first contact of those that go on from one another. */
  chain?: InteractionId | undefined;
  via: string;
  channel: Exclude<Channel, 'voice'>;
  thread: string;
  direction: 'in' | 'out';
  phase: ConversationPhase;
  /** Of the phase. */
  since: Millis;
  startedAt: Millis;
  customer?: CustomerId | undefined;
  name?: string | undefined;
  /** How the provider knows her: what stands in `from`. */
  from?: string | undefined;
  language: Language;
  queue?: QueueId | undefined;
  agent?: AgentId | undefined;
  /** Never changed, only replaced. */
  joined: readonly AgentId[];
  subject?: string | undefined;
  /** From the connector and of customer's doings; the flow's own stand in `flow`. */
  variables: Record<string, string>;
  path: PopContent['path'];
  flow?: FlowState | undefined;
  /** When the bot stops waiting for an answer. */
  askedUntil?: Millis | undefined;
  place?: Place | undefined;
  /** She chose to be called back, and the flow has not been told yet. */
  calledBack?: boolean | undefined;
  /** Nobody takes it just now: tried again then. */
  retryAt?: Millis | undefined;
  /** She wrote too fast for the bot: the last of it, and when the bot hears it. */
  unheard?: { content: Content; at: Millis } | undefined;
  /** The last word of the customer. */
  heardAt: Millis;
  unanswered?: Unanswered | undefined;
  /** What was unanswered at its end; an answer that a second person lets go out later answers it. */
  unsettled?: Unanswered | undefined;
  /** A person has answered in this conversation. */
  answered: boolean;
  /** Key of the inbound item that is answered next. */
  replyTo?: string | undefined;
  /** What the customer writes there, everybody can read. */
  public: boolean;
  last?: ConversationView['lastMessage'];
  messages: number;
  /** What was said in it is gone for good; with the last one of its place, `thread` is a name that says nothing. */
  erased?: boolean | undefined;
}

/** One that begins now. */
export function newConversation(
  given: Pick<
    ConversationData,
    | 'interaction'
    | 'chain'
    | 'via'
    | 'channel'
    | 'thread'
    | 'direction'
    | 'startedAt'
    | 'language'
    | 'customer'
    | 'name'
    | 'from'
    | 'queue'
  >,
): ConversationData {
  return {
    ...given,
    phase: 'bot',
    since: given.startedAt,
    joined: [],
    variables: {},
    path: [],
    heardAt: given.startedAt,
    answered: false,
    public: false,
    messages: 0,
  };
}

/** What outlives conversations at one place of a channel. */
export interface ThreadData {
  via: string;
  thread: string;
  customer?: CustomerId | undefined;
  name?: string | undefined;
  window?: ReplyWindow | undefined;
  /** Of the last message. */
  number: number;
  /** What is written there, everybody can read. */
  public: boolean;
  /** The first contact of those that go on from one another here; of an earlier version: absent. */
  chain?: InteractionId | undefined;
  /** Who had the last conversation, and where it counted. */
  agent?: AgentId | undefined;
  queue?: QueueId | undefined;
  endedAt?: Millis | undefined;
}

/** Variables of the conversation, over them those of its flow, without what the flow is begun with. */
export function variablesOf({ variables, flow }: ConversationData): Record<string, string> {
  const { from: _from, to: _to, ...own } = flow?.variables ?? {};
  return { ...variables, ...own };
}

export function viewOf(data: ConversationData, window: ReplyWindow | undefined): ConversationView {
  const { interaction, via, channel, thread, phase, since, startedAt, name, customer, queue, agent } = data;
  const { joined, subject, unanswered, last, messages } = data;
  return {
    interaction,
    via,
    channel,
    thread,
    phase,
    since,
    startedAt,
    name,
    customer,
    language: data.flow?.language ?? data.language,
    queue,
    agent,
    joined: [...joined],
    subject,
    variables: variablesOf(data),
    window,
    unanswered: unanswered && {
      since: unanswered.since,
      due: unanswered.due,
      ...(unanswered.warned ? { soon: true } : {}),
    },
    lastMessage: last,
    messages,
  };
}
