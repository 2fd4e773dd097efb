// What agents dialled last, for redialling: by which interactions, so that the numbers stand in the record alone, and go with
// it where a person is erased.
import type { Database, Statement } from 'better-sqlite3';
import type { AgentId, InteractionId, Millis } from '../../values/index.ts';
import type { Journal } from '../journal/index.ts';
import type { CallView } from '../ports/index.ts';
import type { DialledNumber } from './views.ts';

/** Numbers that an agent is shown. */
const most = 10;
/** Calls that are kept per agent: some went to the same number. */
const mostKept = 40;

export class Dialled {
  readonly #journal: Journal;
  /** Of this run: the record is some moments behind. */
  readonly #fresh = new Map<AgentId, { interaction: InteractionId; to: string; at: Millis }[]>();
  readonly #put: Statement;
  readonly #prune: Statement;
  readonly #list: Statement<[AgentId], DialledNumber & { interaction: InteractionId }>;

  constructor(journal: Journal, database: Database) {
    this.#journal = journal;
    this.#put = database.prepare('INSERT OR IGNORE INTO desk_dialled (agent, at, interaction) VALUES (?, ?, ?)');
    this.#prune = database.prepare(
      `DELETE FROM desk_dialled WHERE agent = ? AND at < (
         SELECT at FROM desk_dialled WHERE agent = ? ORDER BY at DESC LIMIT 1 OFFSET ${mostKept - 1})`,
    );
    this.#list = database.prepare(
      `SELECT d.interaction, d.at, coalesce(i.to_dialled, i.to_e164) AS "to"
       FROM desk_dialled AS d JOIN interactions AS i ON i.id = d.interaction
       WHERE d.agent = ? AND coalesce(i.to_dialled, i.to_e164) IS NOT NULL ORDER BY d.at DESC LIMIT ${mostKept}`,
    );
  }

  /** She has dialled; her phone or the far side rings. */
  add(agent: AgentId, { interaction, to, startedAt: at }: CallView): void {
    const fresh = this.#fresh.get(agent) ?? [];
    if (fresh.some((one) => one.interaction === interaction)) return;
    this.#fresh.set(agent, [{ interaction, to, at }, ...fresh].slice(0, mostKept));
    // A disk that is full loses what can be dialled again by hand; the journal says that it is.
    void this.#journal.append([], () => {
      this.#put.run(agent, at, interaction);
      this.#prune.run(agent, agent);
    });
  }

  /** The latest first, each number once. */
  list(agent: AgentId): DialledNumber[] {
    const fresh = this.#fresh.get(agent) ?? [];
    const known = new Set(fresh.map(({ interaction }) => interaction));
    const earlier = this.#list.all(agent).filter(({ interaction }) => !known.has(interaction));
    const numbers = new Map<string, DialledNumber>();
    for (const { to, at } of [...fresh, ...earlier]) if (!numbers.has(to)) numbers.set(to, { to, at });
    return [...numbers.values()].slice(0, most);
  }
}
