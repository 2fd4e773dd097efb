// Canned answers: texts that agents send often, in English and Chinese, of a team and of queues, with variables that are
// filled in for the conversation at hand. Some hundreds: kept in memory, searched there.
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type Channel, type Clock, type Language, type Millis, newId, type QueueId } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { cannedAnswerPut, cannedAnswerRemoved } from './events.ts';

const word = z.string().min(1).max(64);
const text = z.string().trim().min(1).max(4_000);

export const cannedAnswerSchema = z
  .strictObject({
    team: word.optional(),
    name: z.string().trim().min(1).max(200).describe('By which agents find it'),
    texts: z
      .strictObject({ en: text.optional(), zh: text.optional() })
      .refine(({ en, zh }) => en ?? zh, 'a text in en or zh')
      .describe(
        '{name}, {agent}, {queue} and variables of the conversation are filled in; {name|dear customer} says what stands there without one',
      ),
    queues: z.array(word).max(50).default([]).describe('Of contacts of these; empty: of all'),
    channels: z
      .array(z.enum(['chat', 'social', 'mail', 'sms', 'work']))
      .max(5)
      .default([])
      .describe('On these; empty: on all'),
    tags: z.array(z.string().trim().min(1).max(64)).max(20).default([]),
  })
  .meta({ id: 'CannedAnswerBody' });

export type CannedAnswerBody = z.infer<typeof cannedAnswerSchema>;

export interface CannedAnswer extends CannedAnswerBody {
  id: string;
  site: string;
  at: Millis;
  by: string;
}

export interface CannedAnswerSearch {
  text?: string | undefined;
  queue?: QueueId | undefined;
  channel?: Channel | undefined;
  language?: Language | undefined;
  /** The team that the asker is confined to. */
  servedTeam?: string | undefined;
  limit: number;
}

/** All of a site together. */
const most = 5_000;

export class CannedAnswers {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #site: string;
  readonly #all = new Map<string, CannedAnswer>();

  constructor({
    database,
    journal,
    clock,
    site,
  }: { database: Database; journal: Journal; clock: Clock; site: string }) {
    this.#journal = journal;
    this.#clock = clock;
    this.#site = site;
    for (const data of database.prepare<[], string>('SELECT data FROM canned_answers ORDER BY id').pluck().all()) {
      const answer = JSON.parse(data) as CannedAnswer;
      this.#all.set(answer.id, answer);
    }
  }

  /** @throws canned-answer-unknown */
  get(id: string): CannedAnswer {
    const answer = this.#all.get(id);
    if (!answer) throw failed['canned-answer-unknown']({ answer: id });
    return answer;
  }

  /** Those whose name begins with the text come first, then those that hold all its words. */
  find({ text: wanted = '', queue, channel, language, servedTeam, limit }: CannedAnswerSearch): CannedAnswer[] {
    const words = plainly(wanted).split(/\s+/).filter(Boolean);
    const found: { answer: CannedAnswer; rank: number }[] = [];
    for (const answer of this.#all.values()) {
      const { team, queues, channels, texts, name, tags } = answer;
      if (servedTeam !== undefined && team !== undefined && team !== servedTeam) continue;
      if (queue !== undefined && queues.length > 0 && !queues.includes(queue)) continue;
      if (channel !== undefined && channels.length > 0 && !channels.some((one) => one === channel)) continue;
      if (language !== undefined && texts[language] === undefined) continue;
      const title = plainly(name);
      const all = `${title} ${plainly(tags.join(' '))} ${plainly(texts.en ?? '')} ${plainly(texts.zh ?? '')}`;
      if (!words.every((one) => all.includes(one))) continue;
      const own = queue !== undefined && queues.includes(queue) ? 0 : 1;
      found.push({ answer, rank: (words[0] !== undefined && title.startsWith(words[0]) ? 0 : 2) + own });
    }
    found.sort((one, other) => one.rank - other.rank || (one.answer.name < other.answer.name ? -1 : 1));
    return found.slice(0, limit).map(({ answer }) => answer);
  }

  /** @param id undefined: a new one @throws canned-answer-unknown, canned-answers-many */
  async put(id: string | undefined, body: CannedAnswerBody, by: string): Promise<CannedAnswer> {
    if (id !== undefined) this.get(id);
    else if (this.#all.size >= most) throw failed['canned-answers-many']({ most });
    const at = this.#clock.now();
    const answer: CannedAnswer = { ...body, id: id ?? newId('ans', at), site: this.#site, at, by };
    const event = newEvent(cannedAnswerPut, at, { answer: answer.id, by, record: { ...answer } }, { team: body.team });
    const text = JSON.stringify(answer);
    await this.#journal.append([event], (db) => {
      db.prepare(
        `INSERT INTO canned_answers (id, site, team, at, data) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET team = excluded.team, at = excluded.at, data = excluded.data`,
      ).run(answer.id, answer.site, answer.team ?? null, at, text);
    });
    this.#all.set(answer.id, answer);
    return answer;
  }

  /** @throws canned-answer-unknown */
  async remove(id: string, by: string): Promise<void> {
    const { team } = this.get(id);
    await this.#journal.append(
      [newEvent(cannedAnswerRemoved, this.#clock.now(), { answer: id, by }, { team })],
      (db) => {
        db.prepare('DELETE FROM canned_answers WHERE id = ?').run(id);
      },
    );
    this.#all.delete(id);
  }
}

/**
 * `{name}` and the like. What stands after a bar, `{name|dear customer}`, is said where the value is not known; without it the place stays
 * as it stands, so that the agent sees it before she sends it.
 */
export function filledIn(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replace(
    /\{(\p{L}[\p{L}\p{N}_-]{0,63})(?:\|([^{}]*))?\}/gu,
    (whole, name: string, otherwise: string | undefined) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return (value === '' ? undefined : value) ?? otherwise ?? value ?? whole;
    },
  );
}

const plainly = (given: string): string => given.normalize('NFKC').toLowerCase();
