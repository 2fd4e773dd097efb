// How many calls go which way through the flows: counted in memory, written a few times a minute.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Clock, Millis } from '../../values/index.ts';
import type { FlowState } from '../ivr/index.ts';
import { type Journal, newEvent, readJob } from '../journal/index.ts';
import { flowPassed } from './events.ts';

const hourMs = 3_600_000;

export interface FlowTrafficOptions {
  journal: Pick<Journal, 'append'>;
  clock: Clock;
  logger: Logger;
  /** Milliseconds between two writings. Default 20,000. */
  everyMs?: number | undefined;
}

export class FlowTraffic {
  readonly #options: FlowTrafficOptions;
  /** Calls by way since the last writing; the key is flow, node before and node, apart by what no name has. */
  #ways = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: FlowTrafficOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.flush(), options.everyMs ?? 20_000).unref();
  }

  /**
   * A call has gone on in its flows.
   * @param before where it was; undefined: nowhere yet
   * @param passed nodes entered since, as `flow/node`
   */
  passed(before: FlowState | undefined, passed: readonly string[]): void {
    if (passed.length === 0) return;
    /** Where it is now, of the flows that it has come to since. */
    let at: Map<string, string> | undefined;
    for (const [index, each] of passed.entries()) {
      const cut = each.indexOf('/');
      const flow = each.slice(0, cut);
      const node = each.slice(cut + 1);
      const from = at?.get(flow) ?? before?.frames.findLast((frame) => frame.flow === flow)?.node ?? '';
      const way = `${flow}\n${from}\n${node}`;
      this.#ways.set(way, (this.#ways.get(way) ?? 0) + 1);
      // Most often it has gone one step.
      if (index < passed.length - 1) at = (at ?? new Map<string, string>()).set(flow, node);
    }
  }

  /** Writes what was counted. */
  flush(): void {
    if (this.#ways.size === 0) return;
    const { journal, clock, logger } = this.#options;
    const ways = [...this.#ways].map(([way, calls]): [string, string, string, number] => {
      const [flow = '', from = '', to = ''] = way.split('\n');
      return [flow, from, to, calls];
    });
    this.#ways = new Map();
    const now = clock.now();
    journal
      .append([newEvent(flowPassed, now, { calls: ways })], (database) => {
        const add = database.prepare(
          `INSERT INTO flow_traffic (flow, start, from_node, to_node, calls) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`,
        );
        for (const [flow, from, to, calls] of ways) add.run(flow, now - (now % hourMs), from, to, calls);
      })
      .catch((error: unknown) => logger.error({ err: error }, 'the traffic of flows could not be written'));
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}

export interface Way {
  from: string;
  to: string;
  calls: number;
}

/** The ways of a flow since a time (whole hours), the busiest first; for the reading worker. */
export const readTraffic = readJob(
  import.meta.url,
  'readTraffic',
  (database: Database, { flow, since }: { flow: string; since: Millis }): Way[] =>
    database
      .prepare(
        `SELECT from_node AS "from", to_node AS "to", sum(calls) AS calls FROM flow_traffic
         WHERE flow = ? AND start >= ? GROUP BY from_node, to_node ORDER BY calls DESC`,
      )
      .all(flow, since - (since % hourMs)) as Way[],
);
