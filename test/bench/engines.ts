// npm run bench:engines: the same server with its media on the edge and on a real Asterisk 22 (docs/engines.md).
//   Calls: answer → 1 s prompt → queue → agent answers → talk 2 s → hang-up, SIPp on both sides, stepping the rate up until
//   less than 99.5 % succeed; CPU of all processes together.
//   Media: held calls that carry RTP, and 10 probe calls among them that measure what the engine adds to the generator alone.

import { AsteriskEngine } from '../engines/asterisk-engine.ts';
import { installAsterisk } from '../engines/asterisk-unpacked.ts';
import { type Peer, runStep, type Step } from './load.ts';
import { type MediaStep, runMediaStep, waitUntilIdle } from './media-step.ts';
import { startSwitchroom } from './peers/switchroom.ts';
import { freeUdpPorts } from './ports.ts';
import { benchOptions, finish, type Goal, goal, round, say, table, unjudged } from './report.ts';

type Engine = 'edge' | 'asterisk';

const options = benchOptions();
const ENOUGH = 0.995;
const TALK_MS = 2000;
const GOAL_ADDED_P99 = 5;
/** The generator alone must be better than this for a step of media to count, ms. */
const VALID_P99 = 1;
/** Where other programs use more of the machine, in cores, what is missed is theirs as well. */
const MOST_OTHERS = 0.25;
/** Asterisk opens an endpoint over ARI, which costs many times what the edge's own does. */
const rates: Record<Engine, number[]> = options.quick
  ? { edge: [20], asterisk: [20] }
  : { edge: [20, 50, 100, 200], asterisk: [10, 20, 30, 50] };
const stepSeconds = options.quick ? 3 : 9;
const heldCalls = options.quick ? [10] : [20, 50, 100];
const measureMs = options.quick ? 1500 : 5000;
/** The generator's own ports, for the agents where no engine is between. */
const alonePort = await freeUdpPorts(20);

interface Media {
  calls: number;
  through: Engine | 'alone';
  step?: MediaStep;
  failed?: string;
}

interface Figures {
  engine: Engine;
  /** The last rate at which enough succeeded. */
  rate: number;
  /** Cores that other programs used at the first rate that failed, or at the last. */
  others: number;
  /** Highest rate was reached: the figure is a lower bound. */
  lowerBound: boolean;
  steps: Step[];
}

async function start(engine: Engine): Promise<Peer> {
  const common = { capacity: 1000, record: false, firstAgentPort: await freeUdpPorts(20) };
  const probePort = await freeUdpPorts();
  if (engine === 'edge') return startSwitchroom({ ...common, probePort });
  const asterisk = await AsteriskEngine.start();
  try {
    const env = {
      SWITCHROOM_SIP_PORT: String(await freeUdpPorts()),
      SWITCHROOM_MEDIA: 'asterisk',
      SWITCHROOM_ASTERISK_HOSTS: `one=${asterisk.url};${asterisk.sip}`,
      SWITCHROOM_ASTERISK_SECRET_FILE: asterisk.secretFile,
    };
    const peer = await startSwitchroom({ ...common, probePort, env });
    return {
      ...peer,
      rtpPorts: asterisk.rtpPorts,
      pids: () => ({ ...peer.pids(), asterisk: [asterisk.pid] }),
      async close() {
        await peer.close();
        await asterisk.stop();
      },
    };
  } catch (error) {
    await asterisk.stop();
    throw error;
  }
}

async function callsOf(engine: Engine, peer: Peer): Promise<Figures> {
  const found: Figures = { engine, rate: 0, others: 0, lowerBound: true, steps: [] };
  for (const rate of rates[engine]) {
    const step = await runStep(peer, { rate, seconds: stepSeconds, talkMs: TALK_MS, graceSeconds: 20 });
    found.steps.push(step);
    found.others = step.others;
    table([callsRow(engine, step)]);
    if (step.okShare < ENOUGH) {
      found.lowerBound = false;
      break;
    }
    found.rate = rate;
  }
  return found;
}

async function mediaOf(through: Media['through'], peer: Peer | undefined): Promise<Media[]> {
  const done: Media[] = [];
  for (const calls of heldCalls) {
    await waitUntilIdle(0.9, options.quick ? 1000 : 3000);
    try {
      const step = await runMediaStep(peer, [alonePort], { calls, measureMs, rate: 20 });
      done.push({ calls, through, step });
      table([mediaRow({ calls, through, step }, undefined)]);
    } catch (error) {
      done.push({ calls, through, failed: (error as Error).message });
      say(`${through} ${calls} calls: ${(error as Error).message}`);
      break;
    }
  }
  return done;
}

function callsRow(engine: Engine, step: Step): Record<string, string | number | undefined> {
  const { edge, server, asterisk } = step.cpuPerCall;
  return {
    media: engine,
    'calls/s': step.rate,
    'ok %': round(step.okShare * 100),
    'answer p50': step.answer.p50,
    p99: step.answer.p99,
    'CPU ms/call': step.cpuPerCallAll,
    edge,
    server,
    asterisk,
    'idle %': round(step.idle * 100, 1),
    'other cores': step.others,
    MB: step.memoryMb,
  };
}

function mediaRow(
  { calls, through, step }: Media,
  alone: MediaStep | undefined,
): Record<string, string | number | undefined> {
  const { delay, lost, sent } = step?.probe ?? { delay: undefined, lost: 0, sent: 0 };
  const added = (value: number | undefined, without: number | undefined) =>
    through === 'alone' || value === undefined || without === undefined ? undefined : round(value - without, 3);
  const perCall = step && Object.values(step.cpuPerCall).reduce((sum, one) => sum + one, 0);
  return {
    calls,
    through,
    'delay p50': delay?.p50,
    p99: delay?.p99,
    'added p50': added(delay?.p50, alone?.probe.delay.p50),
    'added p99': added(delay?.p99, alone?.probe.delay.p99),
    'lost %': sent === 0 ? undefined : round((lost / sent) * 100, 4),
    altered: step?.probe.altered,
    'drops/s': step?.dropsPerSecond,
    'mcores/call': through === 'alone' || perCall === undefined ? undefined : round(perCall),
    'load %': step && round(step.loadShare * 100, 1),
    'other cores': step?.others,
    MB: through === 'alone' ? undefined : step?.memoryMb,
  };
}

function goals(calls: Figures[], media: Media[]): Goal[] {
  const judged: Goal[] = [];
  const at = heldCalls.at(-1) as number;
  const alone = media.find((one) => one.through === 'alone' && one.calls === at)?.step;
  for (const engine of ['edge', 'asterisk'] as const) {
    const figures = calls.find((one) => one.engine === engine);
    const name = `calls/s of which 99.5 % succeed, media on ${engine}`;
    const wanted = rates[engine][0] as number;
    if (figures === undefined) {
      judged.push(unjudged(name, wanted, 'calls/s', missing ?? 'not run'));
      continue;
    }
    const rate = fair(goal(name, figures.rate, '≥', wanted, 'calls/s'), figures.others);
    judged.push(figures.lowerBound ? { ...rate, why: 'a lower bound: no higher rate was tried' } : rate);
    const step = media.find((one) => one.through === engine && one.calls === at)?.step;
    const added = `added one-way delay p99 at ${at} calls, media on ${engine}`;
    if (step === undefined || alone === undefined || alone.probe.delay.p99 >= VALID_P99) {
      const why =
        step === undefined ? 'the calls could not be set up' : `the generator alone was not below ${VALID_P99} ms`;
      judged.push(unjudged(added, GOAL_ADDED_P99, 'ms', why));
    } else {
      const delay = step.probe.delay.p99 - alone.probe.delay.p99;
      judged.push(fair(goal(added, delay, '≤', GOAL_ADDED_P99, 'ms'), step.others));
      const lost = (step.probe.lost / step.probe.sent) * 100;
      judged.push(fair(goal(`packets lost at ${at} calls, media on ${engine}`, lost, '≤', 0, '%'), step.others));
    }
  }
  return judged;
}

/** A goal that was missed while others used the machine is not judged. */
function fair(one: Goal, others: number): Goal {
  if (one.ok !== false || others <= MOST_OTHERS) return one;
  return { ...one, ok: undefined, why: `missed, but other programs used ${others} cores meanwhile` };
}

const missing = installAsterisk() ? undefined : 'Asterisk 22 could not be unpacked here';
if (missing !== undefined) say(missing);
const engines: Engine[] = missing === undefined ? ['edge', 'asterisk'] : ['edge'];
const calls: Figures[] = [];
const media = await mediaOf('alone', undefined);
for (const engine of engines) {
  const peer = await start(engine);
  try {
    // Held calls first: memory that load leaves behind would be taken for theirs.
    media.push(...(await mediaOf(engine, peer)));
    calls.push(await callsOf(engine, peer));
  } finally {
    await peer.close();
  }
}
say('');
table(calls.flatMap(({ engine, steps }) => steps.map((step) => callsRow(engine, step))));
say('');
const alone = (count: number) => media.find((one) => one.through === 'alone' && one.calls === count)?.step;
table(
  [...media]
    .sort((a, b) => a.calls - b.calls)
    .filter((one) => one.step)
    .map((one) => mediaRow(one, alone(one.calls))),
);
finish('engines', goals(calls, media), { calls, media }, options);
