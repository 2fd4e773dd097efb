// Prometheus text format 0.0.4, written by hand: it is a page of text.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { impossibleEvents } from '../../values/index.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoint } from './endpoint.ts';

export interface Metric {
  /** `switchroom_calls_total`: unit at the end, `_total` for counters. */
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  values: { labels?: Record<string, string>; value: number }[];
}

/** The exposition of metrics. */
export function prometheusText(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const { name, help, type, values } of metrics) {
    lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`, `# TYPE ${name} ${type}`);
    for (const { labels = {}, value } of values) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

const delayResolutionMs = 10;

export class HttpMetrics {
  readonly #counts = new Map<string, { labels: Record<string, string>; count: number; seconds: number }>();
  readonly #delay = monitorEventLoopDelay({ resolution: delayResolutionMs });

  constructor() {
    this.#delay.enable();
  }

  done(endpoint: Endpoint, status: number, ms: number): void {
    const labels = { method: endpoint.method.toUpperCase(), route: endpoint.path, status: String(status) };
    const key = Object.values(labels).join(' ');
    const known = this.#counts.get(key) ?? { labels, count: 0, seconds: 0 };
    known.count++;
    known.seconds += ms / 1_000;
    this.#counts.set(key, known);
  }

  /** All figures now: of HTTP, of the process, of calls, queues and agents, and what other parts gave. */
  read({ callControl, agentWork, metrics, version }: ApiDeps): Metric[] {
    const requests = [...this.#counts.values()];
    // Measured by a timer of that period, which is in the figure; before its first tick it is NaN.
    const late = (percent: number) => Math.max(0, this.#delay.percentile(percent) / 1e9 - delayResolutionMs / 1e3) || 0;
    const delay = { p50: late(50), p99: late(99) };
    this.#delay.reset();
    const queues = agentWork.queues();
    const byQueue = (pick: (queue: (typeof queues)[number]) => number) =>
      queues.map((queue) => ({ labels: { queue: queue.queue }, value: pick(queue) }));
    return [
      gauge('switchroom_info', 'The version that runs.', [{ labels: { version }, value: 1 }]),
      gauge(
        'switchroom_calls',
        'Calls by phase.',
        count(callControl.list(), ({ phase }) => ({ phase })),
      ),
      gauge(
        'switchroom_agents',
        'Agents by presence.',
        count(agentWork.agents(), ({ presence }) => ({ presence })),
      ),
      gauge(
        'switchroom_queue_waiting',
        'Contacts that wait.',
        byQueue(({ waiting }) => waiting),
      ),
      gauge(
        'switchroom_queue_longest_wait_seconds',
        'The longest wait of those that wait.',
        byQueue(({ longestWaitMs }) => longestWaitMs / 1_000),
      ),
      gauge(
        'switchroom_queue_free_agents',
        'Agents that could take a contact.',
        byQueue(({ free }) => free),
      ),
      counter(
        'switchroom_impossible_events_total',
        'Events that a state machine had no step for.',
        [...impossibleEvents].map(([step, value]) => ({ labels: { step }, value })),
      ),
      counter(
        'switchroom_http_requests_total',
        'Requests of the API.',
        requests.map(({ labels, count: value }) => ({ labels, value })),
      ),
      counter(
        'switchroom_http_request_seconds_total',
        'Time spent on requests of the API.',
        requests.map(({ labels, seconds }) => ({ labels, value: seconds })),
      ),
      gauge('switchroom_event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', [
        { labels: { quantile: '0.5' }, value: delay.p50 },
        { labels: { quantile: '0.99' }, value: delay.p99 },
      ]),
      counter('process_cpu_seconds_total', 'CPU time of the server.', [
        { value: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 },
      ]),
      gauge('process_resident_memory_bytes', 'Memory of the server.', [{ value: process.memoryUsage.rss() }]),
      gauge('process_start_time_seconds', 'When the server started.', [
        { value: Math.round(performance.timeOrigin / 1_000) },
      ]),
      ...(metrics?.() ?? []),
    ];
  }

  close(): void {
    this.#delay.disable();
  }
}

const gauge = (name: string, help: string, values: Metric['values']): Metric => ({ name, help, type: 'gauge', values });
const counter = (name: string, help: string, values: Metric['values']): Metric => ({
  name,
  help,
  type: 'counter',
  values,
});

function count<Row>(rows: readonly Row[], labelsOf: (row: Row) => Record<string, string>): Metric['values'] {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>();
  for (const row of rows) {
    const labels = labelsOf(row);
    const key = Object.values(labels).join(' ');
    const known = counts.get(key) ?? { labels, value: 0 };
    known.value++;
    counts.set(key, known);
  }
  return [...counts.values()];
}
