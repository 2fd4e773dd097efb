// npm run bench:desk: how fast an agent sees who calls, and what panels cost.
//   Pops: INVITE at the edge → pop read at the socket, 199 protocol clients at 1, 10 and 50 calls/s; the INVITE to her phone
//   must come after it.   Paint: the same until a real Chromium has painted it.   Panels: 1,000 connected ones, CPU and memory
//   of the server, idle and with live figures.   Bundle: what an agent's browser loads, gzipped.   Audio: from a panel phone's
//   answer until both hear each other.
// `--only=pops,paint,audio` runs some of its parts (the panels are part of the pops).

import { setTimeout as pause } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { type AudioTimes, timeAudio } from './desk/audio.ts';
import { DeskClient } from './desk/client.ts';
import { type Company, numbers, openCompany } from './desk/company.ts';
import { chromiumPids, hasChromium, openChromium, type Painted, paintPops } from './desk/page.ts';
import { SipEnds } from './desk/sip-ends.ts';
import { Meter, residentMb } from './meter.ts';
import { benchOptions, finish, type Goal, goal, percentile, round, say, table, unjudged } from './report.ts';
import { sinks } from './sipp.ts';

const options = benchOptions();
const CLIENTS = 199;
const GOAL_MS = 100;
const GOAL_BUNDLE_KB = 300;
const TALK_MS = 800;
/** Where other programs use more of the machine, in cores, what is missed is theirs as well. */
const MOST_OTHERS = 0.25;
/** Parts that are asked for; all without `--only`. */
const only = process.argv
  .find((one) => one.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const wanted = (part: 'pops' | 'paint' | 'audio') => only === undefined || only.includes(part);
const panels = !wanted('pops') ? 201 : options.quick ? 300 : 1000;
const pops = options.quick ? 30 : 300;
const audioCalls = options.quick ? 3 : 20;
const idleMs = options.quick ? 3000 : 10_000;
const steps: { rate: number; seconds: number }[] = options.quick
  ? [{ rate: 10, seconds: 4 }]
  : [
      { rate: 1, seconds: 30 },
      { rate: 10, seconds: 20 },
      { rate: 50, seconds: 20 },
    ];

interface PopStep {
  rate: number;
  calls: number;
  popped: number;
  p50: number | undefined;
  p99: number | undefined;
  most: number | undefined;
  /** Calls whose agent's phone was rung before her client had read the pop. */
  ringFirst: number;
  /** CPU of edge and server, cores. */
  cores: number;
  others: number;
}

interface PanelCost {
  panels: number;
  /** Of the server, MB, before the panels came and with them. */
  memoryBefore: number;
  memoryWith: number;
  kbPerPanel: number;
  /** Of the server, cores: without panels, with idle ones, and while calls come and go. */
  coresWithout: number;
  coresIdle: number;
  /** Thousandths of a core per idle panel, the server's own idling included. */
  mcoresPerPanel: number;
  coresLive: number;
  callsPerSecond: number;
  /** Live figures that reached panels, per second of all together. */
  figuresPerSecond: number;
  others: number;
}

const sleeping: DeskClient[] = [];

async function popStep(company: Company, sip: SipEnds, clients: DeskClient[], rate: number, seconds: number) {
  const began = new Map<string, number>();
  const delays: number[] = [];
  const shown = new Map<string, number>();
  for (const client of clients) {
    client.onPop = ({ from, interaction, at }) => {
      const sent = began.get(from.replace(/^\+86/, '0'));
      if (sent === undefined || shown.has(interaction)) return;
      shown.set(interaction, at);
      delays.push(at - sent);
    };
  }
  sip.rung.clear();
  const { edge, server } = company.product.pids;
  const meter = new Meter({ edge: [edge], server: [server], bench: [process.pid] });
  const calls = rate * seconds;
  const started = performance.now();
  const done: Promise<void>[] = [];
  for (let i = 0; i < calls; i++) {
    await pause(Math.max(0, started + (i * 1000) / rate - performance.now()));
    const from = `0138${String(10_000_000 + Math.floor(started) * 10 + i).slice(-8)}`;
    const { id, at, answered } = sip.call(numbers.clients, from);
    began.set(from, at);
    done.push(
      answered.then(
        async () => {
          await pause(TALK_MS);
          await sip.hangUp(id);
        },
        (error: Error) => say(`  ${error.message}`),
      ),
    );
  }
  const reading = meter.read();
  // What is left without an answer after this is missing in `popped`.
  await Promise.race([Promise.all(done), pause(8000)]);
  const ringFirst = [...shown].filter(([interaction, at]) => (sip.rung.get(interaction) ?? Infinity) < at).length;
  const step: PopStep = {
    rate,
    calls,
    popped: delays.length,
    p50: rounded(percentile(delays, 0.5)),
    p99: rounded(percentile(delays, 0.99)),
    most: rounded(percentile(delays, 1)),
    ringFirst,
    cores: round(((reading.cpu.edge ?? 0) + (reading.cpu.server ?? 0)) / reading.seconds),
    others: round(reading.others),
  };
  table([{ ...step }]);
  return step;
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : round(value);
}

async function coresOf(pid: number, ms: number): Promise<{ cores: number; others: number }> {
  const meter = new Meter({ server: [pid], bench: [process.pid] });
  await pause(ms);
  const { cpu, seconds, others } = meter.read();
  return { cores: round((cpu.server ?? 0) / seconds, 3), others: round(others) };
}

async function openAll(web: string, cookies: string[]): Promise<DeskClient[]> {
  const open: DeskClient[] = [];
  for (let at = 0; at < cookies.length; at += 20) {
    const some = cookies.slice(at, at + 20).map((cookie) => DeskClient.open(web, cookie));
    open.push(...(await Promise.all(some)));
  }
  return open;
}

async function runPanels(company: Company, sip: SipEnds): Promise<{ cost: PanelCost; found: PopStep[] }> {
  const { product, seats } = company;
  const { server } = product.pids;
  const before = await coresOf(server, idleMs);
  const memoryBefore = residentMb(server);
  const cookies = seats.map(({ cookie }) => cookie);
  const clients = await openAll(product.web, cookies.slice(0, CLIENTS));
  await Promise.all(clients.map((client) => client.do('ready')));
  const found: PopStep[] = [];
  sleeping.push(...clients);
  for (const { rate, seconds } of steps) found.push(await popStep(company, sip, clients, rate, seconds));
  say(`${panels} panels`);
  const afterCalls = residentMb(server);
  sleeping.push(...(await openAll(product.web, cookies.slice(CLIENTS + 2, panels + 2))));
  const idle = await coresOf(server, idleMs);
  const memoryWith = residentMb(server);
  const figures = () => sleeping.reduce((sum, client) => sum + client.figures, 0);
  const figuresBefore = figures();
  const liveBegan = performance.now();
  const live = coresOf(server, idleMs);
  const rate = 10;
  await popStep(company, sip, clients, rate, idleMs / 1000);
  const { cores: coresLive } = await live;
  const late = sleeping.length - CLIENTS;
  const cost: PanelCost = {
    panels: sleeping.length,
    memoryBefore: Math.round(memoryBefore),
    memoryWith: Math.round(memoryWith),
    // Those that came after the calls: what calls leave behind is not the panels'.
    kbPerPanel: round(((memoryWith - afterCalls) * 1024) / late, 1),
    coresWithout: before.cores,
    coresIdle: idle.cores,
    mcoresPerPanel: round((idle.cores * 1000) / sleeping.length, 4),
    coresLive,
    callsPerSecond: rate,
    figuresPerSecond: round((figures() - figuresBefore) / ((performance.now() - liveBegan) / 1000), 1),
    others: idle.others,
  };
  table([{ ...cost }]);
  return { cost, found };
}

/** A goal that was missed while others used the machine is not judged. */
function fair(one: Goal, others: number): Goal {
  if (one.ok !== false || others <= MOST_OTHERS) return one;
  return { ...one, ok: undefined, why: `missed, but other programs used ${others} cores meanwhile` };
}

function goalsOf(
  found: PopStep[],
  cost: PanelCost | undefined,
  painted: Painted | undefined,
  audio: AudioTimes | undefined,
  others: number,
): Goal[] {
  const goals: Goal[] = [];
  for (const { rate, calls, popped, p99, ringFirst, others } of found) {
    goals.push(fair(goal(`INVITE → pop at the socket p99 at ${rate}/s`, p99, '≤', GOAL_MS, 'ms'), others));
    goals.push(fair(goal(`pops at ${rate}/s`, popped / calls, '≥', 1, 'of the calls'), others));
    goals.push(goal(`phones rung before the pop at ${rate}/s`, ringFirst, '≤', 0, 'calls'));
  }
  if (cost !== undefined) {
    goals.push({
      name: 'memory per panel',
      value: cost.kbPerPanel,
      goal: 0,
      unit: 'KB',
      ok: undefined,
      why: 'no goal',
    });
  }
  if (painted === undefined) {
    const why = wanted('paint') ? 'there is no Chromium' : 'not asked for';
    goals.push(unjudged('INVITE → pop painted p99', GOAL_MS, 'ms', why));
    goals.push(unjudged("the agent's bundle, gzipped", GOAL_BUNDLE_KB, 'kB', why));
  } else {
    goals.push(fair(goal('INVITE → pop painted p99', percentile(painted.paints, 0.99), '≤', GOAL_MS, 'ms'), others));
    goals.push(fair(goal('pops painted after the phone was rung', painted.after, '≤', 0, 'calls'), others));
    const bytes = Object.values(painted.bundle).reduce((sum, one) => sum + one, 0);
    goals.push(goal("the agent's bundle, gzipped", bytes / 1000, '≤', GOAL_BUNDLE_KB, 'kB'));
  }
  const name = 'answer → audio both ways p50';
  if (audio === undefined) {
    const why = wanted('audio') ? 'no Chromium, or no WebRTC gateway' : 'not asked for';
    goals.push(unjudged(name, GOAL_MS, 'ms', why));
  } else {
    const both = audio.caller.map((one, at) => Math.max(one, audio.agent[at] ?? Infinity));
    goals.push(fair(goal(name, percentile(both, 0.5), '≤', GOAL_MS, 'ms'), others));
  }
  return goals;
}

async function audioOf(browser: Browser, company: Company, sip: SipEnds): Promise<AudioTimes | undefined> {
  const { web } = company.product;
  const seat = company.seats[CLIENTS + 1];
  if (seat === undefined) throw new Error('nobody sits at the panel phone');
  try {
    const times = await timeAudio(browser, { web, cookie: seat.cookie, calls: audioCalls, sip, number: numbers.phone });
    const row = (name: string, ms: number[]) => ({
      heard: name,
      calls: ms.length,
      p50: rounded(percentile(ms, 0.5)),
      p99: rounded(percentile(ms, 0.99)),
    });
    table([row('by the caller', times.caller), row('by the agent', times.agent)]);
    return times;
  } catch (error) {
    say(`no audio of a panel phone: ${(error as Error).message}`);
    return undefined;
  }
}

const worker = findWorkerBinary() ?? builtWorker();
// Programs that the supervisor starts have our environment.
if (worker !== undefined) process.env.MEDIASOUP_WORKER_BIN = worker;
const sip = await SipEnds.open();
const media = await sinks(1);
sip.agentRtp = media.ports[0] as number;
say(`a company of ${panels + 2} agents`);
const company = await openCompany(panels + 2, CLIENTS, sip.port);
let browser: Browser | undefined;
try {
  sip.target = company.product.sip;
  const { cost, found } = wanted('pops') ? await runPanels(company, sip) : { cost: undefined, found: [] };
  for (const client of sleeping.splice(0)) await client.close();
  let painted: Painted | undefined;
  let audio: AudioTimes | undefined;
  let others = cost?.others ?? 0;
  if (hasChromium) browser = await openChromium();
  const seat = company.seats[CLIENTS];
  if (seat === undefined) throw new Error('nobody sits at the page');
  sip.picksUp = (agent) => agent !== seat.agent;
  if (browser !== undefined && wanted('paint')) {
    const { web, pids } = company.product;
    let meter: Meter | undefined;
    const onReady = () => {
      meter = new Meter({ product: [pids.edge, pids.server], chromium: chromiumPids(), bench: [process.pid] });
    };
    painted = await paintPops(browser, { web, cookie: seat.cookie, pops, sip, number: numbers.page, onReady });
    others = Math.max(others, round(meter?.read().others ?? 0));
    const { paints, rings, before, after, failed, clockUnsureMs } = painted;
    const [p50, p99, rung] = [percentile(paints, 0.5), percentile(paints, 0.99), percentile(rings, 0.5)].map(rounded);
    table([{ painted: paints.length, p50, p99, rung, before, after, failed, clockUnsureMs }]);
  }
  if (browser !== undefined && wanted('audio')) audio = await audioOf(browser, company, sip);
  finish('desk', goalsOf(found, cost, painted, audio, others), { pops: found, panels: cost, painted, audio }, options);
} finally {
  await browser?.close();
  await company.close();
  sip.close();
  media.close();
}
