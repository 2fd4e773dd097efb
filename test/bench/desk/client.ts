// A panel without a page: the desk's protocol on a real WebSocket. It acknowledges a pop as soon as it has read it, and
// answers beats.
import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Frame {
  beat?: unknown;
  event?: string;
  with?: Record<string, never>;
  re?: number;
  ok?: unknown;
  failed?: { code: string; reason: string };
  live?: string;
}

export interface Pop {
  offer: string;
  interaction: string;
  from: string;
  /** When it was read, `performance.now()`. */
  at: number;
}

export class DeskClient {
  /** Called for each pop, after it was acknowledged. */
  onPop: (pop: Pop) => void = () => undefined;
  /** Called for every event. */
  onEvent: (name: string, content: unknown) => void = () => undefined;
  /** Live figures that came. */
  figures = 0;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (frame: Frame) => void>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(String(data)));
  }

  static async open(web: string, cookie: string): Promise<DeskClient> {
    const socket = new WebSocket(`${web.replace('http', 'ws')}/desk`, { headers: { cookie, origin: web } });
    await once(socket, 'open');
    const client = new DeskClient(socket);
    await client.do('hello', { protocol: 1, language: 'en' });
    return client;
  }

  do<Answer = unknown>(name: string, given: object = {}): Promise<Answer> {
    const id = ++this.#id;
    const answer = new Promise<Answer>((done, fail) => {
      this.#answers.set(id, ({ ok, failed }) =>
        failed ? fail(new Error(`${name}: ${failed.code}: ${failed.reason}`)) : done(ok as Answer),
      );
    });
    this.#socket.send(JSON.stringify({ id, do: name, with: given }));
    return answer;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #hear(text: string): void {
    const at = performance.now();
    const frame = JSON.parse(text) as Frame;
    if (frame.beat !== undefined) this.#socket.send(JSON.stringify({ beat: frame.beat, seen: 0 }));
    else if (frame.live !== undefined) this.figures++;
    else if (frame.re !== undefined) {
      this.#answers.get(frame.re)?.(frame);
      this.#answers.delete(frame.re);
    } else if (frame.event !== undefined) {
      if (frame.event === 'pop') this.#pop(frame.with as unknown as PopEvent, at);
      this.onEvent(frame.event, frame.with);
    }
  }

  #pop({ offer, content }: PopEvent, at: number): void {
    // An offer that ended meanwhile needs none.
    this.do('pop-shown', { offer: offer.id }).catch(() => undefined);
    this.onPop({ offer: offer.id, interaction: content.interaction, from: content.from ?? '', at });
  }
}

interface PopEvent {
  offer: { id: string };
  content: { interaction: string; from?: string };
}
