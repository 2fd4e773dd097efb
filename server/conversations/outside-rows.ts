// What the pages beside the desk ask of conversations and messages: one that is over, how channels stand, what could not be
// sent, and who let public answers go out.
import type { Database, Statement } from 'better-sqlite3';
import type { Content } from '../../connector/index.ts';
import type { InteractionId, Millis } from '../../values/index.ts';
import type { MessageState } from '../ports/index.ts';
import type { ConversationData } from './conversation-data.ts';

/** How messages of one channel stand. */
export interface ChannelTraffic {
  /** The customer's last word, and ours that reached the provider. */
  lastIn?: Millis | undefined;
  lastOut?: Millis | undefined;
  /** Not at the provider yet. */
  waiting: number;
  waitingSince?: Millis | undefined;
  /** Could not be sent since then, and nobody had them sent again. */
  failed: number;
}

export interface FailedMessage {
  message: string;
  interaction: InteractionId;
  at: Millis;
  author: 'bot' | 'agent' | 'system';
  agent?: string | undefined;
  content: Content;
  code: string;
  /** Words of the provider. */
  reason: string;
}

export interface Review {
  message: string;
  interaction: InteractionId;
  at: Millis;
  writer: string;
  by: string;
  approved: boolean;
  why?: string | undefined;
}

/** A public answer that waited, or waits, for a second person, with the post that it answers. */
export interface ReviewedAnswer {
  message: string;
  interaction: InteractionId;
  via: string;
  at: Millis;
  writer: string;
  /** Who wrote it in the writer's name, where that was somebody else. */
  writtenBy?: string | undefined;
  content: Content;
  state: MessageState;
  /** Of the customer, at the provider. */
  name?: string | undefined;
  customer?: string | undefined;
  original?: { message: string; at: Millis; content: Content } | undefined;
  review?: Pick<Review, 'at' | 'by' | 'approved' | 'why'> | undefined;
}

interface AnswerCells {
  message: string;
  interaction: string;
  via: string;
  at: number;
  writer: string | null;
  written_by: string | null;
  content: string;
  state: MessageState;
  name: string | null;
  customer: string | null;
  original: string | null;
  original_at: number | null;
  original_content: string | null;
  reviewed_at: number | null;
  by: string | null;
  approved: number | null;
  why: string | null;
}

const answers = `SELECT m.id AS message, m.interaction, m.via, m.at, m.agent AS writer, m.written_by, m.content, m.state,
    json_extract(c.data, '$.name') AS name, c.customer, o.id AS original, o.at AS original_at,
    o.content AS original_content, r.at AS reviewed_at, r.by, r.approved, r.why
  FROM messages m LEFT JOIN conversations c ON c.interaction = m.interaction
  LEFT JOIN reviews r ON r.message = m.id
  LEFT JOIN messages o ON o.via = m.via AND o.thread = m.thread AND o.number = (SELECT max(number) FROM messages b
    WHERE b.via = m.via AND b.thread = m.thread AND b.number < m.number AND b.author = 'customer')`;

interface FailedCells {
  message: string;
  interaction: string;
  at: number;
  author: 'bot' | 'agent' | 'system';
  agent: string | null;
  content: string;
  code: string | null;
  reason: string | null;
}

// What a second person sent back is for its writer, not for who looks after channels.
const toMend = `via = ? AND state = 'failed' AND at >= ? AND author IN ('bot', 'agent', 'system')
  AND coalesce(json_extract(failed, '$.code'), '') <> 'sent-back'
  AND NOT EXISTS (SELECT 1 FROM message_keys k WHERE k.via = messages.via AND k.key = 'again ' || messages.id)`;

export class OutsideRows {
  readonly #conversation: Statement<[string], string>;
  readonly #last: Statement<[string, string], number | null>;
  readonly #waiting: Statement<[string], { waiting: number; since: number | null }>;
  readonly #failedCount: Statement<[string, number], number>;
  readonly #failed: Statement<[string, number, number], FailedCells>;
  readonly #reviewed: Statement<[string, string, number, string, string, number, string | null]>;
  readonly #awaiting: Statement<{ writer: string | null; limit: number }, AnswerCells>;
  readonly #decided: Statement<{ writer: string | null; limit: number }, AnswerCells>;

  constructor(database: Database) {
    this.#conversation = database
      .prepare<[string], string>('SELECT data FROM conversations WHERE interaction = ?')
      .pluck();
    this.#last = database
      .prepare<[string, string], number | null>('SELECT max(at) FROM messages WHERE via = ? AND author = ?')
      .pluck();
    this.#waiting = database.prepare(
      `SELECT count(*) AS waiting, min(at) AS since FROM messages WHERE via = ? AND state = 'waiting'`,
    );
    this.#failedCount = database
      .prepare<[string, number], number>(`SELECT count(*) FROM messages WHERE ${toMend}`)
      .pluck();
    this.#failed = database.prepare(
      `SELECT id AS message, interaction, at, author, agent, content, json_extract(failed, '$.code') AS code,
         json_extract(failed, '$.reason') AS reason FROM messages WHERE ${toMend} ORDER BY at DESC LIMIT ?`,
    );
    this.#reviewed = database.prepare(
      `INSERT INTO reviews (message, interaction, at, writer, by, approved, why) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    const hers = `(:writer IS NULL OR :writer IN (m.agent, m.written_by))`;
    this.#awaiting = database.prepare(
      `${answers} WHERE m.state = 'approval' AND ${hers} ORDER BY m.at, m.id LIMIT :limit`,
    );
    this.#decided = database.prepare(
      `${answers} WHERE m.id IN (SELECT message FROM reviews ORDER BY at DESC LIMIT 2000) AND ${hers}
       ORDER BY r.at DESC, m.id LIMIT :limit`,
    );
  }

  conversation(interaction: InteractionId): ConversationData | undefined {
    const text = this.#conversation.get(interaction);
    return text === undefined ? undefined : (JSON.parse(text) as ConversationData);
  }

  traffic(via: string, since: Millis): ChannelTraffic {
    const outs = ['agent', 'bot', 'system'].map((author) => this.#last.get(via, author) ?? 0);
    const { waiting, since: waitingSince } = this.#waiting.get(via) ?? { waiting: 0, since: null };
    const lastOut = Math.max(...outs);
    return {
      lastIn: this.#last.get(via, 'customer') ?? undefined,
      lastOut: lastOut === 0 ? undefined : lastOut,
      waiting,
      waitingSince: waitingSince ?? undefined,
      failed: this.#failedCount.get(via, since) ?? 0,
    };
  }

  /** The newest first. */
  failed(via: string, since: Millis, limit: number): FailedMessage[] {
    return this.#failed.all(via, since, limit).map(({ content, agent, code, reason, ...rest }) => ({
      ...rest,
      agent: agent ?? undefined,
      content: JSON.parse(content) as Content,
      code: code ?? 'unknown',
      reason: reason ?? '',
    }));
  }

  /** Inside a commit. */
  reviewed({ message, interaction, at, writer, by, approved, why }: Review): void {
    this.#reviewed.run(message, interaction, at, writer, by, approved ? 1 : 0, why ?? null);
  }

  /** Public answers that wait for a second person, the oldest first. @param writer undefined: of everybody */
  awaiting(writer: string | undefined, limit: number): ReviewedAnswer[] {
    return this.#awaiting.all({ writer: writer ?? null, limit }).map(answerOf);
  }

  /** Those that somebody decided on, the newest first. */
  decided(writer: string | undefined, limit: number): ReviewedAnswer[] {
    return this.#decided.all({ writer: writer ?? null, limit }).map(answerOf);
  }
}

function answerOf(cells: AnswerCells): ReviewedAnswer {
  const { message, interaction, via, at, writer, written_by, content, state, name, customer } = cells;
  const { original, original_at, original_content, reviewed_at, by, approved, why } = cells;
  return {
    message,
    interaction,
    via,
    at,
    writer: writer ?? '',
    writtenBy: written_by ?? undefined,
    content: JSON.parse(content) as Content,
    state,
    name: name ?? undefined,
    customer: customer ?? undefined,
    original:
      original === null || original_at === null || original_content === null
        ? undefined
        : { message: original, at: original_at, content: JSON.parse(original_content) as Content },
    review:
      reviewed_at === null || by === null
        ? undefined
        : { at: reviewed_at, by, approved: approved === 1, why: why ?? undefined },
  };
}
