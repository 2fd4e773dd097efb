// npm run bench:webrtc: what a call of an agent's panel costs at the WebRTC gateway, CPU and delay, at 25, 50 and 100 calls
// with audio both ways (PCMU, 50 packets a second each way, SRTP towards the browser and plain RTP towards the far end):
// the edge's own gateway and, where its worker is on this machine, mediasoup's, behind the same interface.
//   Load: test/bench/webrtc/load.ts, both ends of every call in one process. CPU is the gateway's process alone.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { LinkClient, type LinkServer } from '../../link/index.ts';
import { EdgeWebRtcGateway } from '../../media/edge/index.ts';
import { findWorkerBinary, openMediasoup } from '../../media/mediasoup/index.ts';
import type { WebRtcGateway } from '../../media/webrtc-gateway.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Meter, residentMb } from './meter.ts';
import { benchOptions, finish, goal, round, say, table, unjudged } from './report.ts';
import type { FromLoad, Measured, ToLoad } from './webrtc/load.ts';

const GOAL_CPU_MS = 6;
const GOAL_CALLS = 100;
const options = benchOptions();
const steps = options.quick ? [25, GOAL_CALLS] : [25, 50, GOAL_CALLS, 150];
const measureMs = options.quick ? 5_000 : 15_000;
/** Of a call, both ways. */
const packetsPerSecond = 100;
/** Where other programs use more of the machine, in cores, losses and delay are theirs as well. */
const MOST_OTHERS = 0.25;
/** So many calls are set up at a time. */
const together = 5;
/** The first packets are the compiler's. */
const warmMs = 2_000;
const logger = pino({ level: 'warn' }, pino.destination(2));

interface Rig {
  gateway: WebRtcGateway;
  pids: number[];
  close(): Promise<void>;
}

interface Row {
  gateway: string;
  calls: number;
  /** CPU of the gateway, ms per second and call, by the packets that came through: lost ones may have cost it nothing. */
  cpuMs: number;
  cores: number;
  delayP50: number;
  delayP99: number;
  /** Share of the packets. */
  lost: number;
  broken: number;
  memoryMb: number;
  /** Of the load that should have been sent. */
  loadShare: number;
  others: number;
}

async function edge(): Promise<Rig> {
  const [from, to] = ports();
  const child = fork(new URL('./webrtc/edge-process.ts', import.meta.url), [String(from), String(to)]);
  const [address] = (await once(child, 'message')) as [LinkServer['address']];
  const link = new LinkClient({ address, secret: 'bench', epoch: 1, logger });
  const gateway = new EdgeWebRtcGateway({ link, logger });
  link.start();
  await link.ready(5_000);
  return {
    gateway,
    pids: [child.pid as number],
    close: async () => {
      await gateway.close();
      link.close();
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function mediasoup(binary: string): Promise<Rig> {
  const gateway = await openMediasoup({ binary, bind: ['127.0.0.1'], ports: ports(), workers: 1, logger });
  if (!gateway) throw new Error('the mediasoup worker was there a moment ago');
  return { gateway, pids: gateway.pids, close: () => gateway.close() };
}

function ports(): [number, number] {
  const from = 20_000 + 2 * Math.floor(Math.random() * 10_000);
  return [from, from + 999];
}

/** Asks the load and waits for the answer with that member. */
function heard<Name extends string>(load: ChildProcess, name: Name, fits: (message: never) => boolean) {
  return new Promise<Extract<FromLoad, Record<Name, unknown>>>((resolve, reject) => {
    const take = (message: FromLoad) => {
      if ('failed' in message) reject(new Error(message.failed));
      else if (name in message && fits(message as never)) resolve(message as Extract<FromLoad, Record<Name, unknown>>);
      else return;
      load.off('message', take);
    };
    load.on('message', take);
  });
}

async function setUp(load: ChildProcess, { gateway }: Rig, call: number): Promise<void> {
  const tell = (message: ToLoad) => load.send(message);
  const offered = heard(load, 'offered', ({ offered: of }: { offered: number }) => of === call);
  tell({ do: 'offer', call });
  const { browser, far } = await offered;
  const connection = await gateway.connect({ id: `con_${call}`, offer: browser, codecs: ['PCMU'] });
  const up = once(connection, 'connected');
  const line = await gateway.line({ id: `lin_${call}`, offer: far, for: connection.id });
  await line.attach(connection.id);
  const port = Number(/^m=audio (\d+)/m.exec(line.sdp)?.[1]);
  const connected = heard(load, 'connected', ({ connected: of }: { connected: number }) => of === call);
  tell({ do: 'connect', call, answer: connection.sdp, line: { address: '127.0.0.1', port } });
  await Promise.all([connected, up]);
}

async function run(name: string, open: () => Promise<Rig>): Promise<Row[]> {
  const rig = await open();
  const load = fork(new URL('./webrtc/load.ts', import.meta.url));
  load.setMaxListeners(100);
  const rows: Row[] = [];
  let calls = 0;
  for (const step of steps) {
    while (calls < step) {
      const more = Array.from({ length: Math.min(together, step - calls) }, () => setUp(load, rig, calls++));
      await Promise.all(more);
    }
    await measured(load, warmMs);
    const meter = new Meter({ gateway: rig.pids, load: [load.pid as number] });
    const found = await measured(load, measureMs);
    const { cpu, seconds, others } = meter.read();
    const cores = (cpu.gateway ?? 0) / seconds;
    const row: Row = {
      gateway: name,
      calls: step,
      cpuMs: round(((cpu.gateway ?? 0) * 1_000 * packetsPerSecond) / found.received),
      cores: round(cores),
      delayP50: round(found.delayP50),
      delayP99: round(found.delayP99),
      lost: Math.max(0, round(1 - found.received / found.sent, 4)),
      broken: found.broken,
      memoryMb: Math.round(rig.pids.reduce((sum, pid) => sum + residentMb(pid), 0)),
      loadShare: round(found.sent / ((measureMs / 20) * 2 * step)),
      others: round(others),
    };
    say(`${name}: ${step} calls, ${row.cpuMs} ms of CPU per second and call`);
    rows.push(row);
  }
  load.send({ do: 'close' } satisfies ToLoad);
  await once(load, 'exit');
  await rig.close();
  return rows;
}

async function measured(load: ChildProcess, ms: number): Promise<Measured> {
  const done = heard(load, 'measured', () => true);
  load.send({ do: 'measure', ms } satisfies ToLoad);
  return (await done).measured;
}

const rows = await run('edge', edge);
const binary = findWorkerBinary() ?? builtWorker();
if (binary === undefined)
  say('mediasoup is left out: its worker is not on this machine (test/engines/mediasoup/build.sh)');
else rows.push(...(await run('mediasoup', () => mediasoup(binary))));
table(rows.map((row) => ({ ...row })));

const judged = rows.find(({ gateway, calls }) => gateway === 'edge' && calls === GOAL_CALLS);
const enough = judged !== undefined && judged.loadShare > 0.95;
finish(
  'webrtc',
  enough
    ? [
        goal(`CPU per second and call, ${GOAL_CALLS} calls`, judged.cpuMs, '≤', GOAL_CPU_MS, 'ms'),
        judged.others <= MOST_OTHERS
          ? goal(`packets lost, ${GOAL_CALLS} calls`, judged.lost * 100, '≤', 0.1, '%')
          : unjudged(`packets lost, ${GOAL_CALLS} calls`, 0.1, '%', `other programs use ${judged.others} cores`),
        goal(`packets not authentic, ${GOAL_CALLS} calls`, judged.broken, '≤', 0, 'packets'),
      ]
    : [
        unjudged(
          `CPU per second and call, ${GOAL_CALLS} calls`,
          GOAL_CPU_MS,
          'ms',
          'the load could not be sent in time',
        ),
      ],
  rows,
  options,
);
process.exit();
