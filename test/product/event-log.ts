// The product's event stream, followed as an outside program follows it: over HTTP, taken up again where it broke.
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import type { Product } from './product.ts';
import { until } from './until.ts';

export interface Fact {
  seq: number;
  at: number;
  type: string;
  interaction?: string;
  agent?: string;
  queue?: string;
  data: Record<string, unknown>;
}

export class EventLog {
  readonly facts: Fact[] = [];
  readonly #socketPath: string;
  #request: ClientRequest | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;
  #rest = '';

  /** From the beginning of the journal. */
  constructor(product: Product) {
    this.#socketPath = join(product.settings.data, 'run', 'server.sock');
    this.#follow();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#request?.destroy();
  }

  of(type: string, interaction?: string): Fact[] {
    return this.facts.filter(
      (fact) => fact.type === type && (interaction === undefined || fact.interaction === interaction),
    );
  }

  /** The first fact of that type that fits, now or later. */
  async fact(type: string, fits: Partial<Fact> | ((fact: Fact) => boolean) = {}, ms?: number): Promise<Fact> {
    const matches =
      typeof fits === 'function'
        ? fits
        : (fact: Fact) => Object.entries(fits).every(([key, value]) => fact[key as keyof Fact] === value);
    const find = () => this.facts.find((fact) => fact.type === type && matches(fact));
    await until(
      () => find() !== undefined,
      () => `${type} ${typeof fits === 'function' ? '' : JSON.stringify(fits)}; the last facts: ${this.#tail()}`,
      ms,
    );
    return find() as Fact;
  }

  #tail(): string {
    const tail = this.facts.slice(-25).filter(({ type }) => type !== 'routing.decided');
    return tail
      .map(({ type, interaction, agent, data }) => JSON.stringify({ type, interaction, agent, data }))
      .join('\n');
  }

  #follow(): void {
    this.#rest = '';
    const path = `/api/v1/events?after=${this.facts.at(-1)?.seq ?? 0}`;
    const asked = request({ socketPath: this.#socketPath, path });
    this.#request = asked;
    asked.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('data', (text: string) => this.#hear(text));
      response.on('close', () => this.#retry());
    });
    // While the server is down the socket is not there.
    asked.on('error', () => this.#retry());
    asked.end();
  }

  #retry(): void {
    if (this.#closed) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#follow(), 20);
  }

  #hear(text: string): void {
    const frames = (this.#rest + text).split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data) this.facts.push(JSON.parse(data.slice(6)) as Fact);
    }
  }
}
