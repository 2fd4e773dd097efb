// A panel without a page: one WebSocket, its commands as promises, its events in a list that can be waited for.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type {
  CommandAnswer,
  CommandName,
  CommandWith,
  DeskEventName,
  DeskEventWith,
  Failed,
  Welcome,
} from '../../../server/desk/index.ts';
import { deskEvents, protocolVersion } from '../../../server/desk/index.ts';
import type { World } from './world.ts';

export class CommandFailed extends Error {
  readonly failed: Failed;
  constructor(failed: Failed) {
    super(`${failed.code}: ${failed.reason}`);
    this.failed = failed;
  }
}

interface Told {
  seq: number;
  event: DeskEventName;
  with: unknown;
}

export class Client {
  readonly socket: WebSocket;
  readonly events: Told[] = [];
  readonly live: { live: string; with: unknown }[] = [];
  /** Answers to nothing that was asked with an id of ours. */
  readonly loose: { re: number; failed?: Failed }[] = [];
  beats = 0;
  /** Whether beats are answered. */
  alive = true;
  readonly closed: Promise<number>;
  #id = 0;
  readonly #waiting = new Map<number, { resolve: (ok: unknown) => void; reject: (error: Error) => void }>();
  #watchers: (() => void)[] = [];

  constructor(world: World, agent: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${world.origin.replace('http', 'ws')}/desk`, {
      headers: { cookie: `agent=${agent}`, origin: world.origin, ...headers },
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`closed ${code}`));
        resolve(code);
      });
    });
    this.socket.on('message', (data) => this.#hear(JSON.parse(data.toString())));
  }

  static async open(world: World, agent: string): Promise<{ client: Client; welcome: Welcome }> {
    const client = new Client(world, agent);
    await once(client.socket, 'open');
    return { client, welcome: await client.do('hello', { protocol: protocolVersion, language: 'en' }) };
  }

  do<Name extends CommandName>(name: Name, given: CommandWith<Name>): Promise<CommandAnswer<Name>> {
    return this.ask({ do: name, with: given }) as Promise<CommandAnswer<Name>>;
  }

  /** Sends any command, right or wrong. */
  ask(frame: object): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, ...frame }));
    });
  }

  /** The first event of that name, now or later, that fits. */
  async event<Name extends DeskEventName>(
    name: Name,
    fits: (about: DeskEventWith<Name>) => boolean = () => true,
  ): Promise<DeskEventWith<Name>> {
    const find = () => this.events.find((told) => told.event === name && fits(told.with as DeskEventWith<Name>));
    return (await this.until(find)).with as DeskEventWith<Name>;
  }

  /** Waits for something that changes by messages. */
  async until<Found>(find: () => Found | undefined | false): Promise<Found> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  #hear(frame: Record<string, unknown>): void {
    if ('beat' in frame) {
      this.beats++;
      if (this.alive) this.socket.send(JSON.stringify({ beat: frame.beat, seen: this.events.at(-1)?.seq ?? 0 }));
    } else if ('event' in frame) {
      const told = frame as unknown as Told;
      deskEvents[told.event].with.parse(told.with);
      this.events.push(told);
    } else if ('live' in frame) {
      this.live.push(frame as { live: string; with: unknown });
    } else {
      const { re, ok, failed } = frame as { re: number; ok?: unknown; failed?: Failed };
      const waiting = this.#waiting.get(re);
      this.#waiting.delete(re);
      if (waiting === undefined) this.loose.push({ re, ...(failed && { failed }) });
      else if (failed !== undefined) waiting.reject(new CommandFailed(failed));
      else waiting.resolve(ok);
    }
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
