// npm run bench:calls: answer → 1 s prompt → queue → agent answers → talk 2 s → hang-up, with SIPp on both sides, stepping
// the rate up until less than 99.5 % succeed; beside Asterisk 22's app_queue with the same scenarios in the same run.
//   (a) 20 agents of capacity 1,000: the switch's own ceiling     (b) 20 one-call agents, always 50 callers waiting
// Prompts and music go to ports that nobody reads; SIPp sends no RTP. Recording off, and once on.

import { runClosedLoop } from './closed-loop.ts';
import { type Peer, runStep, type Step } from './load.ts';
import { prepareAsterisk, startAsterisk } from './peers/asterisk.ts';
import { startSwitchroom } from './peers/switchroom.ts';
import { benchOptions, finish, type Goal, goal, round, say, table, unjudged } from './report.ts';

const options = benchOptions();
const ENOUGH = 0.995;
const TALK_MS = 2000;
/** Below this the load generators may have been the limit. */
const IDLE_LIMIT = 0.1;

function row(peer: string, step: Step): Record<string, string | number | undefined> {
  return {
    peer,
    'calls/s': step.rate,
    'ok %': round(step.okShare * 100),
    retrans: step.retransmissions,
    'answer p50': step.answer.p50,
    p95: step.answer.p95,
    p99: step.answer.p99,
    'CPU ms/call': step.cpuPerCallAll,
    'idle %': round(step.idle * 100, 1),
    'SIPp cores': step.sippCpu,
    MB: step.memoryMb,
    'calls at once': step.peakCalls,
  };
}

interface Ceiling {
  /** The last rate that succeeded. */
  rate: number;
  /** Idle share there was below the limit: the figure is a lower bound. */
  lowerBound: boolean;
  steps: Step[];
}

/** Steps up until a step fails twice. `fresh` starts the peer anew for every step (Asterisk keeps memory). */
async function ceiling(
  name: string,
  rates: number[],
  seconds: number,
  start: () => Promise<Peer>,
  fresh: boolean,
): Promise<Ceiling> {
  const found: Ceiling = { rate: 0, lowerBound: false, steps: [] };
  let peer: Peer | undefined;
  try {
    for (const rate of rates) {
      let step: Step | undefined;
      for (let attempt = 0; attempt < 2; attempt++) {
        if (fresh) await peer?.close();
        if (fresh || !peer) peer = await start();
        step = await runStep(peer, { rate, seconds, talkMs: TALK_MS });
        found.steps.push(step);
        table([row(name, step)]);
        if (step.okShare >= ENOUGH) break;
      }
      if (!step || step.okShare < ENOUGH) break;
      found.rate = rate;
      found.lowerBound = step.idle < IDLE_LIMIT;
    }
  } finally {
    await peer?.close();
  }
  return found;
}

const seconds = options.quick ? 8 : 20;
const rates = options.quick ? [100] : [50, 100, 140, 180, 220, 260, 300, 340, 380, 420, 460, 500, 550, 600];
const asteriskRates = options.quick ? [] : [50, 80, 100, 120, 140, 150, 160, 180, 200];
const missing = options.quick ? 'left out by --quick' : prepareAsterisk();

say('(a) 20 agents of capacity 1,000');
const ours = await ceiling(
  'switchroom',
  rates,
  seconds,
  () => startSwitchroom({ capacity: 1000, record: false }),
  false,
);
const theirs =
  missing === undefined
    ? await ceiling('asterisk', asteriskRates, seconds, () => startAsterisk('queueany'), true)
    : undefined;

const goals: Goal[] = [];
const at100 = ours.steps.find((step) => step.rate === 100);
goals.push(goal('CPU per call at 100/s', at100?.cpuPerCallAll, '≤', 5, 'ms'));
let details: Record<string, unknown> = { ours, theirs };

if (options.quick) {
  for (const [name, wanted, unit] of [
    ["rate against Asterisk's", 2, 'times'],
    ['memory at the ceiling', 500, 'MB'],
    ['closed loop', 9.8, 'calls/s'],
    ['memory at 50,000 calls over 10,000', 1.1, 'times'],
  ] as const) {
    goals.push(unjudged(name, wanted, unit, 'left out by --quick'));
  }
} else {
  if (theirs === undefined) goals.push(unjudged("rate against Asterisk's", 2, 'times', missing ?? ''));
  else {
    const times = goal(
      "rate against Asterisk's",
      theirs.rate === 0 ? undefined : ours.rate / theirs.rate,
      '≥',
      2,
      'times',
    );
    goals.push(ours.lowerBound ? { ...times, why: 'a lower bound: the machine was less than 10 % idle' } : times);
  }
  goals.push(goal('memory up to the ceiling', Math.max(...ours.steps.map((step) => step.memoryMb)), '≤', 500, 'MB'));

  say('70 % of the ceiling');
  const seventy = Math.max(1, Math.round(ours.rate * 0.7));
  const [at70] = (
    await ceiling('switchroom', [seventy], 30, () => startSwitchroom({ capacity: 1000, record: false }), false)
  ).steps;
  if (at70) goals.push(goal('CPU per call at 70 % of the ceiling', at70.cpuPerCallAll, '≤', 5, 'ms'));

  say('recording on');
  const recorded = await ceiling(
    'recording',
    [100],
    20,
    () => startSwitchroom({ capacity: 1000, record: true }),
    false,
  );

  say('beyond the limit');
  const beyond = await overload(Math.round(ours.rate * 1.5));
  goals.push(goal('beyond the limit: accepted calls that complete', beyond.acceptedOk, '≥', ENOUGH, 'share'));

  say('memory over 50,000 calls');
  const growth = await memoryGrowth(Math.max(50, Math.round(ours.rate * 0.6)));
  goals.push(goal('memory at 50,000 calls over 10,000', growth.ratio, '≤', 1.1, 'times'));

  say('(b) closed loop: 20 one-call agents, 50 callers waiting, best of three');
  const loops = [];
  for (let i = 0; i < 3; i++) loops.push(await runClosedLoop(() => startSwitchroom({ capacity: 1, record: false })));
  const asteriskLoop = missing === undefined ? await runClosedLoop(() => startAsterisk('queue')) : undefined;
  table([
    ...loops.map((loop) => ({ peer: 'switchroom', ...loop })),
    ...(asteriskLoop ? [{ peer: 'asterisk', ...asteriskLoop }] : []),
  ]);
  goals.push(goal('closed loop', Math.max(...loops.map((loop) => loop.callsPerSecond)), '≥', 9.8, 'calls/s'));
  details = { ...details, at70, recorded, beyond, growth, loops, asteriskLoop };
}
finish('calls', goals, details, options);

/** Offers more than can be carried: what was accepted (answered) must complete, the rest is refused with 503. */
async function overload(rate: number): Promise<{ offered: number; step: Step; acceptedOk: number }> {
  const peer = await startSwitchroom({ capacity: 1000, record: false });
  try {
    const step = await runStep(peer, {
      rate,
      seconds: 20,
      talkMs: TALK_MS,
      scenario: { caller: 'caller-refused.xml', agent: 'agent.xml' },
    });
    table([row('beyond', step)]);
    const accepted = step.answered;
    return { offered: step.created, step, acceptedOk: accepted === 0 ? 0 : round(step.agentOk / accepted, 4) };
  } finally {
    await peer.close();
  }
}

async function memoryGrowth(rate: number): Promise<{ at10k: number; at50k: number; ratio: number }> {
  const peer = await startSwitchroom({ capacity: 1000, record: false });
  try {
    const at: number[] = [];
    for (const calls of [10_000, 40_000]) {
      const step = await runStep(peer, { rate, seconds: Math.round(calls / rate), talkMs: TALK_MS });
      table([row('memory', step)]);
      at.push(step.memoryMb);
    }
    const [at10k = 0, at50k = 0] = at;
    return { at10k, at50k, ratio: round(at50k / at10k, 3) };
  } finally {
    await peer.close();
  }
}
