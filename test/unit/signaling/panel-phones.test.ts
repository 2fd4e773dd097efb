// Phones inside panels without a browser: a gateway and endpoints of the test's own, which do what their contracts say.
import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MediaEndpoint, MediaServer } from '../../../media/media-server.ts';
import type {
  ConnectionEvents,
  ConnectionState,
  ConnectRequest,
  Line,
  LineEvents,
  LineRequest,
  WebRtcConnection,
  WebRtcGateway,
} from '../../../media/webrtc-gateway.ts';
import type { AgentRecord, Directory } from '../../../server/ports/index.ts';
import type { LegDialog, PanelProgress } from '../../../server/signaling/leg-dialog.ts';
import { AgentPanelPhones } from '../../../server/signaling/panels/panel-phones.ts';
import type { DialogEnding } from '../../../server/signaling/sip/index.ts';

const logger = pino({ level: 'silent' });
const lostMs = 60;

class TestConnection extends EventEmitter<ConnectionEvents> {
  readonly id: string;
  readonly sdp = 'answer';
  readonly codec = 'PCMU';
  state: ConnectionState = 'connecting';
  constructor(id: string) {
    super();
    this.id = id;
  }
  up(): void {
    this.state = 'connected';
    this.emit('connected');
  }
  gone(why: 'asked' | 'left' | 'lost'): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.emit('closed', { why });
  }
  async renegotiate(offer: string): Promise<string> {
    return `answer to ${offer}`;
  }
  async close(): Promise<void> {
    this.gone('asked');
  }
}

class TestLine extends EventEmitter<LineEvents> {
  readonly id: string;
  readonly offer: string;
  readonly sdp: string;
  connection: string | undefined;
  closed = false;
  readonly fails: boolean;
  constructor({ id, offer }: LineRequest, fails: boolean) {
    super();
    this.id = id;
    this.fails = fails;
    this.offer = offer ?? '';
    this.sdp = `answer to ${this.offer}`;
  }
  async attach(connection: string): Promise<void> {
    if (this.fails) throw new Error('the connection is gone');
    this.connection = connection;
  }
  async renegotiate(offer: string): Promise<string> {
    return `answer to ${offer}`;
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

function world(phone: AgentRecord['phone'] = { kind: 'panel', answers: 'by-hand' }) {
  const connections: TestConnection[] = [];
  const lines: TestLine[] = [];
  /** How many of the next lines cannot be attached. */
  const failing = { lines: 0 };
  const gateway = Object.assign(new EventEmitter(), {
    capabilities: { engine: 'test', adoption: false, codecs: ['PCMU'], overhear: false, digits: false },
    async connect({ id }: ConnectRequest): Promise<WebRtcConnection> {
      const made = new TestConnection(id);
      connections.push(made);
      return made as unknown as WebRtcConnection;
    },
    async line(request: LineRequest): Promise<Line> {
      if (lines.some(({ id, closed }) => id === request.id && !closed)) throw new Error(`line ${request.id} exists`);
      const made = new TestLine(request, failing.lines-- > 0);
      lines.push(made);
      return made as unknown as Line;
    },
    async list() {
      return { connections: [], lines: [] };
    },
  }) as unknown as WebRtcGateway;
  const record = { id: '1001', phone } as AgentRecord;
  const reachable: boolean[] = [];
  const phones = new AgentPanelPhones({
    gateway,
    media: { capabilities: { codecs: ['PCMU'] } } as unknown as MediaServer,
    directory: { agents: { get: (id: string) => (id === '1001' ? record : undefined) } } as unknown as Directory,
    iceServers: [{ urls: ['turn:turn.example'], secret: 'shared' }, { urls: ['stun:stun.example'] }],
    clock: { now: () => 1_700_000_000_000, monotonic: () => 0 },
    logger,
    lostMs,
    reachable: (_, is) => reachable.push(is),
  });
  return { phones, record, connections, lines, reachable, failing };
}

function endpointOf(id: string) {
  const directions: string[] = [];
  const accepted: string[] = [];
  const endpoint = {
    id,
    sdp: `offer of ${id}`,
    directions,
    accepted,
    async offer() {
      return `new offer of ${id}`;
    },
    async accept(answer: string) {
      accepted.push(answer);
    },
    async direction(direction: string) {
      if (directions.includes('broken')) throw new Error('the media engine is away');
      directions.push(direction);
    },
  };
  return endpoint as typeof endpoint & MediaEndpoint;
}

/** What a leg is told. */
class TestLeg implements PanelProgress {
  readonly provisionals: number[] = [];
  dialog: LegDialog | undefined;
  failure: number | undefined;
  ending: DialogEnding | undefined;
  provisional(status: number): void {
    this.provisionals.push(status);
  }
  answered(dialog: LegDialog): void {
    this.dialog = dialog;
    dialog.handler = { ...dialog.handler, ended: (ending) => (this.ending = ending) };
  }
  failed(status: number): void {
    this.failure = status;
  }
}

describe('phones in panels', () => {
  let w: ReturnType<typeof world>;
  beforeEach(() => {
    w = world();
  });
  afterEach(() => {
    vi.useRealTimers();
    w.phones.close();
  });

  const lineOf = () => w.phones.view('1001')?.lines.at(-1)?.line as string;

  async function connected(session = 'one', take = false): Promise<TestConnection> {
    await w.phones.connect('1001', session, 'offer', { take });
    const connection = w.connections.at(-1) as TestConnection;
    connection.up();
    return connection;
  }

  function ring(headers: Record<string, string> = {}, endpoint = endpointOf('end_1')) {
    const leg = new TestLeg();
    const call = w.phones.target(w.record)?.call({ from: { user: '138', name: 'Li' }, headers }, endpoint, leg);
    if (!call) throw new Error('the phone cannot be rung');
    return { leg, call, endpoint };
  }

  async function talk(endpoint = endpointOf('end_1')) {
    const rung = ring({ 'X-Switchroom-Interaction': 'int_1' }, endpoint);
    await w.phones.answer('1001', lineOf());
    return rung;
  }

  test('rung only where its audio is up', async () => {
    expect(w.phones.target(w.record)).toBeUndefined();
    await w.phones.connect('1001', 'one', 'offer', { take: false });
    expect(w.phones.target(w.record)).toBeUndefined();
    w.connections[0]?.up();
    expect(w.reachable).toEqual([true]);
    const { leg } = ring({ 'X-Switchroom-Interaction': 'int_1' });
    expect(w.phones.view('1001')).toMatchObject({
      state: 'connected',
      owner: 'one',
      lines: [{ state: 'ringing', interaction: 'int_1', from: '138', name: 'Li', heard: false }],
    });
    await vi.waitFor(() => expect(leg.provisionals).toEqual([180]));
    await w.phones.answer('1001', lineOf());
    expect(w.lines[0]).toMatchObject({ offer: 'offer of end_1', connection: w.connections[0]?.id });
    expect(leg.dialog?.remoteSdp).toBe('answer to offer of end_1');
    expect(w.phones.view('1001')?.lines[0]).toMatchObject({ state: 'up', heard: true });
    await expect(w.phones.answer('1001', lineOf())).rejects.toMatchObject({ code: 'phone-line-unknown' });
  });

  test.each([
    ['by-hand', { 'Answer-Mode': 'Auto' }, true],
    ['at-once', {}, true],
    ['by-hand', {}, false],
  ] as const)('%s with %o answers by itself: %s', async (answers, headers, expected) => {
    w = world({ kind: 'panel', answers });
    await connected();
    const { leg } = ring({ ...headers });
    await vi.waitFor(() => expect(leg.provisionals).toEqual([180]));
    if (expected) await vi.waitFor(() => expect(leg.dialog).toBeDefined());
    else {
      await new Promise(setImmediate);
      expect(leg.dialog).toBeUndefined();
    }
  });

  test('declined, hung up by her, hung up by the other side, cancelled', async () => {
    await connected();
    const declined = ring();
    w.phones.decline('1001', lineOf());
    expect(declined.leg.failure).toBe(486);
    const { leg } = await talk();
    w.phones.hangup('1001', lineOf());
    expect(leg.ending).toEqual({ by: 'remote', cause: 'BYE' });
    const second = await talk();
    await second.leg.dialog?.bye();
    expect(second.leg.ending).toBeUndefined();
    expect(w.lines.map(({ closed }) => closed)).toEqual([true, true]);
    const third = ring();
    third.call.cancel();
    expect(third.leg.failure).toBeUndefined();
    expect(w.phones.view('1001')?.lines).toEqual([]);
    expect(() => w.phones.hangup('1001', 'pln_none')).toThrow(expect.objectContaining({ code: 'phone-line-unknown' }));
  });

  test('away and back in time: the call is at the new connection, on the same line', async () => {
    const first = await connected();
    const { leg } = await talk();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    first.gone('left');
    expect(w.phones.view('1001')).toMatchObject({ state: 'none', why: 'left' });
    vi.advanceTimersByTime(lostMs - 1);
    const second = await connected();
    expect(w.lines[0]?.connection).toBe(second.id);
    vi.advanceTimersByTime(2 * lostMs);
    vi.useRealTimers();
    expect(leg.ending).toBeUndefined();
    expect(w.reachable).toEqual([true]);
    expect(w.lines).toHaveLength(1);
  });

  test('away too long: talks end as lost, calls that ring are unreachable, no more are rung', async () => {
    const connection = await connected();
    const { leg } = await talk();
    const ringing = ring();
    connection.gone('left');
    await vi.waitFor(() => expect(leg.ending).toEqual({ by: 'lost', cause: 'panel-lost' }));
    expect(ringing.leg.failure).toBe(480);
    expect(w.reachable).toEqual([true, false]);
    expect(w.phones.target(w.record)).toBeUndefined();
    await connected();
    expect(w.reachable).toEqual([true, false, true]);
  });

  test('one panel has the audio; another takes it only when it says so', async () => {
    const first = await connected('one');
    await talk();
    await expect(w.phones.connect('1001', 'two', 'offer', { take: false })).rejects.toMatchObject({
      code: 'phone-elsewhere',
    });
    const second = await connected('two', true);
    expect(first.state).toBe('closed');
    expect(w.phones.view('1001')).toMatchObject({ owner: 'two', connection: second.id, state: 'connected' });
    expect(w.lines[0]?.connection).toBe(second.id);
    await expect(w.phones.renegotiate('1001', 'one', 'x')).rejects.toMatchObject({ code: 'phone-not-connected' });
    expect(await w.phones.renegotiate('1001', 'two', 'x')).toEqual({ answer: 'answer to x' });
    await w.phones.release('1001', 'one');
    expect(second.state).toBe('connected');
    await w.phones.release('1001', 'two');
    expect(w.phones.view('1001')).toMatchObject({ state: 'none', why: 'left' });
  });

  test('the engine under the line dies: a new line is offered to the same endpoint', async () => {
    const first = await connected();
    const { leg, endpoint } = await talk();
    first.gone('lost');
    w.lines[0]?.emit('lost');
    expect(w.phones.view('1001')).toMatchObject({ state: 'none', why: 'lost' });
    const second = await connected();
    await vi.waitFor(() => expect(w.lines[1]).toMatchObject({ offer: 'new offer of end_1', connection: second.id }));
    await vi.waitFor(() => expect(endpoint.accepted).toEqual(['answer to new offer of end_1']));
    expect(leg.ending).toBeUndefined();
  });

  test('an answer that the gateway fails rings on, and can be tried again', async () => {
    await connected();
    const { leg } = ring();
    w.failing.lines = 1;
    await expect(w.phones.answer('1001', lineOf())).rejects.toThrow('gone');
    expect(w.phones.view('1001')?.lines).toMatchObject([{ state: 'ringing' }]);
    expect(w.lines[0]?.closed).toBe(true);
    await w.phones.answer('1001', lineOf());
    expect(leg.dialog).toBeDefined();
    expect(w.phones.view('1001')?.lines).toMatchObject([{ state: 'up' }]);
  });

  test('a new line that cannot be attached is made anew, and the endpoint hears of that one', async () => {
    const first = await connected();
    const { endpoint } = await talk();
    first.gone('lost');
    w.failing.lines = 1;
    w.lines[0]?.emit('lost');
    const connecting = connected().catch(() => connected());
    await vi.waitFor(() => expect(w.lines[1]?.closed).toBe(true));
    await connecting;
    await vi.waitFor(() => expect(endpoint.accepted).toEqual(['answer to new offer of end_1']));
    expect(w.lines.at(-1)).toMatchObject({ connection: w.connections.at(-1)?.id, closed: false });
  });

  test('a mute that failed is not taken for one', async () => {
    await connected();
    const { endpoint } = await talk();
    endpoint.directions.push('broken');
    await expect(w.phones.mute('1001', true)).rejects.toThrow('away');
    expect(w.phones.view('1001')?.muted).toBe(false);
    endpoint.directions.length = 0;
    await w.phones.mute('1001', true);
    expect(endpoint.directions).toEqual(['sendonly']);
  });

  test('mute stays over calls until it is taken back', async () => {
    await connected();
    const { endpoint } = await talk();
    await w.phones.mute('1001', true);
    const next = await talk(endpointOf('end_2'));
    await w.phones.mute('1001', false);
    expect(endpoint.directions).toEqual(['sendonly', 'sendrecv']);
    expect(next.endpoint.directions).toEqual(['sendonly', 'sendrecv']);
    expect(w.phones.view('1001')?.muted).toBe(false);
  });

  test('of two talks the later is heard; when it ends, the earlier', async () => {
    const connection = await connected();
    await talk();
    await talk(endpointOf('end_2'));
    const [first, second] = w.lines as [TestLine, TestLine];
    first.connection = undefined;
    expect(second.connection).toBe(connection.id);
    w.phones.hangup('1001', second.id);
    await vi.waitFor(() => expect(first.connection).toBe(connection.id));
  });

  test('a talk of an earlier server waits for its panel', async () => {
    const endpoint = endpointOf('end_9');
    const facts = { id: 'pln_9', interaction: 'int_9', from: '138', name: undefined, since: 1 };
    const dialog = await w.phones.revive('1001', facts, endpoint);
    expect(w.phones.view('1001')?.lines).toMatchObject([{ line: 'pln_9', state: 'up', heard: false }]);
    await connected();
    await vi.waitFor(() => expect(endpoint.accepted).toHaveLength(1));
    expect(dialog?.over).toBe(false);

    const nobody = await w.phones.revive('1001', { ...facts, id: 'pln_10' }, endpointOf('end_10'));
    w.connections.at(-1)?.gone('left');
    await vi.waitFor(() => expect(nobody?.over).toBe(true));
  });

  test('other phones, and none', async () => {
    const changed = once(w.phones, 'changed');
    await connected();
    expect((await changed)[0]).toBe('1001');
    expect(w.phones.view('1002')).toBeUndefined();
    await expect(w.phones.connect('1002', 's', 'o', { take: false })).rejects.toMatchObject({
      code: 'phone-not-panel',
    });
  });

  test('TURN accounts last a day and are the agent’s own', () => {
    const username = `${1_700_000_000 + 86_400}:1001`;
    const credential = createHmac('sha1', 'shared').update(username).digest('base64');
    expect(w.phones.iceServers('1001')).toEqual([
      { urls: ['turn:turn.example'], username, credential },
      { urls: ['stun:stun.example'] },
    ]);
  });
});
