// npm start: edge, server and sidecar under one small supervisor. It starts them in order, watches their heartbeats, starts
// again what died, stops them in the other order, and takes over an edge that an earlier supervisor left behind.
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { edgeParts } from '../config/edge-parts.ts';
import type { Settings } from '../config/index.ts';
import { systemClock } from '../values/index.ts';
import { failed } from './errors.ts';
import type { FromChild, FromOperator, FromSupervisor, ToOperator } from './lifeline.ts';
import { readMessages, writeMessage } from './lines.ts';
import { kill, Program } from './program.ts';

export interface EdgeConfiguration extends Told {
  settings: Settings;
  secret: string;
  /** Unix socket of the link. */
  link: string;
  /** Loopback port of the drachtio protocol; 0 at the first start, kept afterwards so that the server finds it again. */
  drachtioPort: number;
  /** Where it notes its dialogs, to say BYE for them after a crash. */
  ledger: string;
}

export interface EdgeReady {
  drachtioPort: number;
  /** `udp/127.0.0.1:5060` … */
  sip: string[];
}

export interface ServerConfiguration extends Told {
  settings: Settings;
  secret: string;
  link: string;
  drachtioPort: number;
  run: string;
}

export interface ServerReady {
  /** `http://127.0.0.1:8080` … */
  web: string[];
  /** `udp/127.0.0.1:5060` …, as the SIP server listens, whichever it is. */
  sip: string[];
  /** Why calls are refused as yet, for people. */
  trouble?: string | undefined;
  /** Only at the first start: what was generated, to be shown once. */
  created?: { login: string; password: string; roles: string[]; sip?: { user: string; secret: string } }[] | undefined;
}

export interface SidecarConfiguration extends Told {
  settings: Settings;
  /** Seals what is kept. */
  secret: string;
  /** There stand `server.json` (where the server listens) and `connector.token`. */
  run: string;
}

export interface SidecarReady {
  /** `http://127.0.0.1:8090` … */
  web: string[];
  channels: string[];
  /** Where web chats can be tried: `http://127.0.0.1:8090/chat/`; undefined: there are none. */
  chatPage?: string | undefined;
}

/** What every program is told. */
interface Told {
  /** Time as the supervisor has it, ms UTC: a program that is started again goes on from there, not from a clock that was set meanwhile. */
  now?: number | undefined;
}

/** The programs' TypeScript files. Without one for the sidecar there is none. */
export interface Mains {
  edge: string;
  server: string;
  sidecar?: string | undefined;
}

export interface Started {
  supervisor: Supervisor;
  edge: EdgeReady | undefined;
  server: ServerReady;
  /** Or why it does not run: calls do not wait for it, and it is started again until it does. */
  sidecar: SidecarReady | { failed: string } | undefined;
  attached: boolean;
}

/** A server that just started has better uses for the machine. */
const standbyAfterMs = 3_000;

export interface SupervisorEvents {
  ready: [edge: EdgeReady | undefined, server: ServerReady, attached: boolean];
  restarted: [program: string, why: string];
  stopped: [];
}

export class Supervisor extends EventEmitter<SupervisorEvents> {
  /** Never started where the settings name other engines for all of its work. */
  readonly edge: Program;
  readonly server: Program;
  /** Only where a file of channels is. */
  readonly sidecar: Program | undefined;
  readonly #settings: Settings;
  readonly #run: string;
  readonly #secret: string;
  #listener: Server | undefined;
  #edgeReady: EdgeReady | undefined;
  #attached = false;
  #stopping = false;

  private constructor(settings: Settings, options: { mains: Mains; logs?: string | undefined }) {
    super();
    this.#settings = settings;
    this.#run = runFolder(settings);
    this.#secret = siteSecret(this.#run);
    const common = { run: this.#run, socket: join(this.#run, 'supervisor.sock') };
    const log = (name: string) => (options.logs === undefined ? undefined : join(options.logs, `${name}.log`));
    const link = join(this.#run, 'edge.sock');
    this.edge = new Program({
      ...common,
      name: 'edge',
      main: options.mains.edge,
      log: log('edge'),
      configuration: (): EdgeConfiguration => ({
        settings,
        now: systemClock.now(),
        secret: this.#secret,
        link,
        drachtioPort: this.#edgeReady?.drachtioPort ?? 0,
        ledger: join(this.#run, 'dialogs.ledger'),
      }),
    });
    this.server = new Program({
      ...common,
      name: 'server',
      main: options.mains.server,
      log: log('server'),
      configuration: (): ServerConfiguration => ({
        settings,
        now: systemClock.now(),
        secret: this.#secret,
        link,
        drachtioPort: this.#edgeReady?.drachtioPort ?? 0,
        run: this.#run,
      }),
    });
    this.server.on('ready', (info) => noteServer(this.#run, info as ServerReady));
    if (settings.standby) this.server.on('ready', () => this.#keepStandby());
    if (options.mains.sidecar !== undefined && existsSync(settings.sidecar.file)) {
      this.sidecar = new Program({
        ...common,
        name: 'sidecar',
        main: options.mains.sidecar,
        log: log('sidecar'),
        configuration: (): SidecarConfiguration => ({
          settings,
          now: systemClock.now(),
          secret: this.#secret,
          run: this.#run,
        }),
      });
    }
  }

  get #programs(): Program[] {
    return [this.edge, this.server, ...(this.sidecar ? [this.sidecar] : [])];
  }

  /**
   * Starts everything and resolves when calls can come in.
   * @throws already-running, data-not-writable, program-failed with the program's own sentence (a port in use …)
   */
  static async start(settings: Settings, options: { mains: Mains; logs?: string | undefined }): Promise<Started> {
    if (options.logs !== undefined) mkdirSync(options.logs, { recursive: true, mode: 0o700 });
    const supervisor = new Supervisor(settings, options);
    await supervisor.#listen();
    try {
      if (edgeParts(settings)) supervisor.#edgeReady = (await supervisor.#bring(supervisor.edge, true)) as EdgeReady;
      else supervisor.#endSurvivor();
      const server = (await supervisor.#bring(supervisor.server, false)) as ServerReady;
      supervisor.edge.on('ready', (info) => {
        supervisor.#edgeReady = info as EdgeReady;
      });
      const sidecar = supervisor.sidecar && (await supervisor.#bringSidecar(supervisor.sidecar));
      for (const program of supervisor.#programs) {
        program.on('died', (why) => supervisor.emit('restarted', program.options.name, why));
      }
      return { supervisor, edge: supervisor.#edgeReady, server, sidecar, attached: supervisor.#attached };
    } catch (error) {
      await supervisor.stop('start failed');
      throw error;
    }
  }

  async #bringSidecar(program: Program): Promise<SidecarReady | { failed: string }> {
    try {
      return (await this.#bring(program, false)) as SidecarReady;
    } catch (error) {
      return { failed: (error as Error).message };
    }
  }

  /** The sidecar, then the server, so that it can end what it has on hand; then the edge, which says BYE for what is left. */
  async stop(why = 'shutdown'): Promise<void> {
    this.#stopping = true;
    for (const program of this.#programs.reverse()) {
      const stopped =
        program.state === 'stopped' ? undefined : new Promise<void>((done) => program.once('stopped', done));
      // Also where it has stopped: the one that stands by goes, too.
      program.stop(why);
      await stopped;
    }
    await new Promise<void>((done) => (this.#listener ? this.#listener.close(() => done()) : done()));
    rmSync(join(this.#run, 'supervisor.sock'), { force: true });
    rmSync(join(this.#run, 'supervisor.pid'), { force: true });
    this.emit('stopped');
  }

  /** An edge of an earlier start, under other settings, ends what it still has and goes. */
  #endSurvivor(): void {
    const survivor = this.edge.survivor();
    if (survivor !== undefined) kill(survivor, 'SIGTERM');
  }

  async #bring(program: Program, mayAttach: boolean): Promise<unknown> {
    const outcome = new Promise<unknown>((ready, fail) => {
      const settle = (act: () => void) => {
        program.off('ready', onReady);
        program.off('failed', onFailed);
        program.off('died', onDied);
        program.off('stopped', onStopped);
        act();
      };
      const onReady = (info: unknown) => settle(() => ready(info));
      const onFailed = (reason: string) =>
        settle(() => fail(failed['program-failed']({ program: program.options.name, reason })));
      const onDied = (why: string) =>
        settle(() => fail(failed['program-failed']({ program: program.options.name, reason: why })));
      const onStopped = () =>
        settle(() => fail(failed['program-failed']({ program: program.options.name, reason: 'it was stopped.' })));
      program.on('ready', onReady);
      program.on('failed', onFailed);
      program.on('died', onDied);
      program.on('stopped', onStopped);
    });
    const survivor = mayAttach ? program.survivor() : undefined;
    if (survivor === undefined) {
      program.start();
      return outcome;
    }
    program.attachTo = survivor;
    // It calls every half second; one that does not is hung, and is replaced.
    const patience = setTimeout(() => {
      kill(survivor, 'SIGKILL');
      program.start();
    }, 4000);
    const info = await outcome.finally(() => clearTimeout(patience));
    this.#attached = program.pid === survivor;
    return info;
  }

  async #listen(): Promise<void> {
    const path = join(this.#run, 'supervisor.sock');
    if (existsSync(path)) {
      if (await answers(path)) {
        const file = join(this.#run, 'supervisor.pid');
        const pid = existsSync(file) ? readFileSync(file, 'utf8') : 'unknown';
        throw failed['already-running']({ data: this.#settings.data, pid });
      }
      rmSync(path);
    }
    this.#listener = createServer((socket) => this.#accept(socket));
    await new Promise<void>((done, fail) => {
      this.#listener?.once('error', fail);
      this.#listener?.listen(path, done);
    });
    writeFileSync(join(this.#run, 'supervisor.pid'), String(process.pid), { mode: 0o600 });
  }

  /**
   * A planned restart: the next process loads its code beside the one that works; then that one ends what it must and leaves
   * its calls, and the next one takes them up.
   * @returns how long there was none, ms. @throws program-failed where the next one cannot be loaded (then the one that works
   * goes on), or does not become ready, or everything is stopped meanwhile
   */
  async restart(name: 'server' | 'sidecar'): Promise<number> {
    const program = this.#programs.find(({ options }) => options.name === name);
    if (program?.state !== 'running') throw failed['program-not-running']({ program: name });
    await program.prepare();
    this.#mustGoOn(name);
    const began = performance.now();
    const stopped = new Promise<void>((done) => program.once('stopped', done));
    program.stop('restart', { keepStandby: true });
    await stopped;
    this.#mustGoOn(name);
    await this.#bring(program, false);
    return Math.round(performance.now() - began);
  }

  /** Between a restart's steps everything may have been told to stop: then nothing new is started. @throws program-failed */
  #mustGoOn(program: string): void {
    if (this.#stopping) throw failed['program-failed']({ program, reason: 'everything stops.' });
  }

  /** The edge holds the calls: it is restarted by stopping everything, after a drain. */
  async #restartFor(name: string): Promise<ToOperator> {
    if (name !== 'server' && name !== 'sidecar') return { refused: failed['program-not-restartable']().message };
    try {
      return { restarted: name, ms: await this.restart(name) };
    } catch (error) {
      return { refused: (error as Error).message };
    }
  }

  /** The next server loads its code once the one that works has its calls; where it cannot, a death costs what it costs without. */
  #keepStandby(): void {
    const { pid } = this.server;
    setTimeout(() => {
      if (this.server.state !== 'running' || this.server.pid !== pid) return;
      this.server.prepare().catch((error: unknown) => {
        if (this.server.state === 'running' && this.server.pid === pid)
          process.stderr.write(`switchroom: no server stands by: ${(error as Error).message}\n`);
      });
    }, standbyAfterMs).unref();
  }

  #accept(socket: Socket): void {
    let program: Program | undefined;
    const say = (message: FromSupervisor) => writeMessage(socket, message);
    readMessages<FromChild | FromOperator>(socket, (message) => {
      if ('restart' in message) {
        void this.#restartFor(message.restart).then((answer) => writeMessage(socket, answer));
      } else if ('hello' in message) {
        program = this.#programs.find((one) => one.options.name === message.hello);
        if (program) program.hello(message.pid, message.ready, say);
        else socket.destroy();
      } else if ('prepared' in message) program?.prepared(say);
      else if ('ready' in message) program?.ready(message.ready);
      else if ('failed' in message) program?.failed(message.failed);
      else program?.beat(say);
    });
    // The close that follows an error is where it is acted on.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => program?.lineClosed(say));
  }
}

/** Folder of sockets, pids and the secret; made where it is not there. @throws data-not-writable */
export function runFolder(settings: Settings): string {
  const run = join(settings.data, 'run');
  // sockaddr_un holds 107 bytes.
  if (Buffer.byteLength(run) > 85) {
    throw failed['data-not-writable']({
      data: settings.data,
      reason: 'its path is longer than 80 bytes, too long for local sockets',
    });
  }
  try {
    mkdirSync(run, { recursive: true, mode: 0o700 });
    accessSync(run, constants.W_OK);
    // Whoever reaches its sockets is an administrator: also where somebody else made the folder.
    chmodSync(run, 0o700);
  } catch (error) {
    throw failed['data-not-writable']({ data: settings.data, reason: (error as Error).message }, { cause: error });
  }
  return run;
}

/** Between edge and server; made once per site, mode 0600. */
export function siteSecret(run: string): string {
  const file = join(run, 'secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8');
}

/** Where the server listens now, for the sidecar. A full disk must not keep calls waiting for that. */
export function noteServer(run: string, { web }: ServerReady): void {
  const file = join(run, 'server.json');
  try {
    // Whole or not at all: the sidecar may read it just now.
    writeFileSync(`${file}.coming`, JSON.stringify({ web }), { mode: 0o600 });
    renameSync(`${file}.coming`, file);
  } catch (error) {
    process.stderr.write(
      `switchroom: ${file} could not be written: ${(error as Error).message}; the server runs, a sidecar may not find it\n`,
    );
  }
}

/** What the sidecar proves with that it is the site's own connector (`Authorization: Bearer`); made once per site, mode 0600. */
export function connectorToken(run: string): string {
  const file = join(run, 'connector.token');
  if (!existsSync(file)) writeFileSync(file, `swc_${randomBytes(32).toString('hex')}`, { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8');
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}
