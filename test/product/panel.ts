// An agent's panel without a page: logs in over HTTP, then speaks the desk's protocol on a real WebSocket.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Product } from './product.ts';
import { until } from './until.ts';

export interface Told {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what an event holds is looked at by the tests
  with: any;
  /** When it was read, milliseconds since 1970. */
  at: number;
}

export class Panel {
  readonly told: Told[] = [];
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (frame: { ok?: unknown; failed?: { code: string; reason: string } }) => void>();
  /** Names it; other panels of hers see it. */
  session = '';
  /** What it was told first. */
  // biome-ignore lint/suspicious/noExplicitAny: looked at by the tests
  snapshot: any;
  /** What is done as soon as something is told, before anything else. */
  ontold: ((told: Told) => void) | undefined;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as Record<string, unknown>));
    // What it breaks is seen by whoever waits for an event.
    socket.on('error', () => undefined);
  }

  /** Logs the agent in and signs her in. */
  static async open(product: Product, agent: string, password: string): Promise<Panel> {
    const login = await fetch(`${product.web}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.web },
      body: JSON.stringify({ login: agent, password }),
    });
    if (login.status !== 200) throw new Error(`login: ${login.status} ${await login.text()}`);
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    const socket = new WebSocket(`${product.web.replace('http', 'ws')}/desk`, {
      headers: { cookie, origin: product.web },
    });
    await once(socket, 'open');
    const panel = new Panel(socket);
    const welcome = await panel.do<{ session: string; snapshot: object }>('hello', { protocol: 1, language: 'en' });
    panel.session = welcome.session;
    panel.snapshot = welcome.snapshot;
    return panel;
  }

  do<Answer = Record<string, unknown>>(name: string, given: object = {}): Promise<Answer> {
    const id = ++this.#id;
    const answer = new Promise<Answer>((done, fail) => {
      this.#answers.set(id, ({ ok, failed }) =>
        failed ? fail(new Error(`${name}: ${failed.code}: ${failed.reason}`)) : done(ok as Answer),
      );
    });
    this.#socket.send(JSON.stringify({ id, do: name, with: given }));
    return answer;
  }

  /** The first event that fits, now or later. */
  async event(name: string, fits: (told: Told['with']) => boolean = () => true): Promise<Told> {
    const find = () => this.told.find((one) => one.event === name && fits(one.with));
    await until(
      () => find() !== undefined,
      () => `the panel is told ${name}; it was told ${this.told.map(({ event }) => event).join(' ')}`,
    );
    return find() as Told;
  }

  close(): void {
    this.#socket.terminate();
  }

  #hear(frame: Record<string, unknown>): void {
    const at = Date.now();
    if ('beat' in frame) this.#socket.send(JSON.stringify({ beat: frame.beat, seen: 0 }));
    else if ('event' in frame) {
      const told = { event: String(frame.event), with: frame.with, at };
      this.told.push(told);
      this.ontold?.(told);
    } else if ('re' in frame) {
      this.#answers.get(Number(frame.re))?.(frame);
      this.#answers.delete(Number(frame.re));
    }
  }
}
