// npm run bench:rtp: the media relay at 100, 300 and 500 bridged calls, beside Asterisk 22's bridge in the same run.
//   Load: SIPp's rtp_stream at both ends of every call. Measured: 10 probe calls (probe/) of a process of their own, whose
//   packets carry their send times through the same relay.
//   The generator alone: the same load and the same probe calls from one end to the other directly. A step counts only where
//   that shows p99 < 1 ms; what the relay adds is the difference of the two.
// A round does every step with each of the three; the figures are medians of the rounds (`--rounds N`, default 3).

import type { Peer } from './load.ts';
import { type MediaStep, runMediaStep, waitUntilIdle } from './media-step.ts';
import { prepareAsterisk, startAsterisk } from './peers/asterisk.ts';
import { startSwitchroom } from './peers/switchroom.ts';
import { benchOptions, finish, type Goal, goal, percentile, round, say, table, unjudged } from './report.ts';

type Name = 'alone' | 'switchroom' | 'asterisk';

/** Medians of all rounds of one step with one of the three. */
interface Figures {
  calls: number;
  name: Name;
  /** Rounds that were done; a step that could not be set up has fewer. */
  rounds: number;
  delayP50: number;
  delayP99: number;
  /** Over the generator alone in the same round; undefined for the generator itself. */
  addedP50: number | undefined;
  addedP99: number | undefined;
  jitter: number;
  /** Share of the probes' packets, of all rounds together. */
  lost: number;
  altered: number;
  /** Of the relay's sockets, for all calls. */
  dropsPerSecond: number;
  /** The relay's own CPU, thousandths of a core per bridged call: the edge without the server, or all of Asterisk. */
  cpuPerCall: number | undefined;
  cores: number | undefined;
  /** Cores that other programs used meanwhile. */
  others: number;
  idle: number;
  memoryMb: number;
  /** Load that was really sent, of that which should have been. */
  loadShare: number;
}

interface Round {
  name: Name;
  calls: number;
  idleBefore: number;
  step?: MediaStep;
  failed?: string;
}

const options = benchOptions();
/** The generator alone must be better than this for a step to count, ms. */
const VALID_P99 = 1;
const GOAL_ADDED_P99 = 5;
const GOAL_CALLS = 300;
/** Where other programs use more of the machine, in cores, the relay's delay is theirs as well. */
const MOST_OTHERS = 0.25;
const FIRST_AGENT_PORT = 5231;
const steps = options.quick ? [100] : [100, 300, 500];
const rounds = options.quick ? 1 : roundsAsked();
const measureMs = options.quick ? 3000 : 10_000;
/** Calls per second while they are set up. */
const rate = options.quick ? 100 : 50;
const missing = prepareAsterisk();
const names: Name[] = ['alone', 'switchroom', ...(missing === undefined ? (['asterisk'] as const) : [])];
if (missing !== undefined) say(missing);

const start: Record<Name, () => Promise<Peer | undefined>> = {
  alone: async () => undefined,
  switchroom: () => startSwitchroom({ capacity: 1000, record: false, firstAgentPort: FIRST_AGENT_PORT }),
  asterisk: () => startAsterisk('queueany'),
};

const done: Round[] = [];
for (let i = 0; i < rounds; i++) {
  for (const calls of steps) for (const name of names) done.push(await runRound(name, calls));
}

const figures = steps.flatMap((calls) => names.map((name) => figuresOf(name, calls)));
say('');
table(figures.map(row));

const valid = steps.filter((calls) => find('alone', calls).delayP99 < VALID_P99);
const invalid = steps.filter((calls) => !valid.includes(calls));
if (invalid.length > 0) {
  say(`not counted, as the generator alone was not below ${VALID_P99} ms: ${invalid.join(', ')} calls`);
  say(`highest valid step: ${valid.at(-1) ?? 'none'}`);
}
const carried = valid.filter((calls) => {
  const { lost, altered, loadShare, dropsPerSecond } = find('switchroom', calls);
  return lost === 0 && altered === 0 && dropsPerSecond === 0 && loadShare > 0.97;
});
finish('rtp', goals(), { highestValid: valid.at(-1), highestCarried: carried.at(-1), figures, rounds: done }, options);

function roundsAsked(args = process.argv): number {
  const at = args.indexOf('--rounds');
  const asked = at < 0 ? 3 : Number(args[at + 1]);
  if (!Number.isInteger(asked) || asked < 1) throw new Error(`--rounds needs a whole number, not ${args[at + 1]}`);
  return asked;
}

async function runRound(name: Name, calls: number): Promise<Round> {
  const idleBefore = await waitUntilIdle(0.9, options.quick ? 1000 : 5000);
  let peer: Peer | undefined;
  try {
    peer = await start[name]();
    const step = await runMediaStep(peer, [FIRST_AGENT_PORT], { calls, measureMs, rate });
    say(
      `${name} ${calls} calls: p50 ${step.probe.delay.p50} ms, p99 ${step.probe.delay.p99} ms, lost ${step.probe.lost}`,
    );
    return { name, calls, idleBefore, step };
  } catch (error) {
    const failed = (error as Error).message;
    say(`${name} ${calls} calls: ${failed}`);
    return { name, calls, idleBefore, failed };
  } finally {
    await peer?.close();
  }
}

function figuresOf(name: Name, calls: number): Figures {
  const mine = stepsOf(name, calls);
  const alone = stepsOf('alone', calls);
  const of = (value: (step: MediaStep) => number) => median(mine.map(value));
  const added = (value: (step: MediaStep) => number) =>
    name === 'alone' ? undefined : round(of(value) - median(alone.map(value)), 3);
  const sum = (value: (step: MediaStep) => number) => mine.reduce((all, step) => all + value(step), 0);
  const relay = name === 'switchroom' ? 'edge' : name;
  return {
    calls,
    name,
    rounds: mine.length,
    delayP50: of((step) => step.probe.delay.p50),
    delayP99: of((step) => step.probe.delay.p99),
    addedP50: added((step) => step.probe.delay.p50),
    addedP99: added((step) => step.probe.delay.p99),
    jitter: of((step) => step.probe.jitter.mean),
    lost: round(sum((step) => step.probe.lost) / sum((step) => step.probe.sent), 6),
    altered: sum((step) => step.probe.altered),
    dropsPerSecond: of((step) => step.dropsPerSecond),
    cpuPerCall: name === 'alone' ? undefined : of((step) => step.cpuPerCall[relay] ?? 0),
    cores: name === 'alone' ? undefined : of((step) => step.cores[relay] ?? 0),
    others: of((step) => step.others),
    idle: of((step) => step.idle),
    memoryMb: of((step) => step.memoryMb),
    loadShare: of((step) => step.loadShare),
  };
}

function stepsOf(name: Name, calls: number): MediaStep[] {
  return done.flatMap((one) => (one.name === name && one.calls === calls && one.step ? [one.step] : []));
}

/** Not a number where there is none: compares as false with everything. */
function median(values: number[]): number {
  return percentile(values, 0.5) ?? Number.NaN;
}

function find(name: Name, calls: number): Figures {
  const found = figures.find((one) => one.name === name && one.calls === calls);
  if (!found) throw new Error(`no figures of ${name} at ${calls} calls`);
  return found;
}

function row(of: Figures): Record<string, string | number | undefined> {
  return {
    calls: of.calls,
    through: of.name,
    'delay p50': of.delayP50,
    p99: of.delayP99,
    'added p50': of.addedP50,
    'added p99': of.addedP99,
    jitter: of.jitter,
    'lost %': round(of.lost * 100, 4),
    'drops/s': of.dropsPerSecond,
    'mcores/call': of.cpuPerCall,
    cores: of.cores,
    'other cores': of.others,
    'idle %': round(of.idle * 100, 1),
    'load %': round(of.loadShare * 100, 1),
    MB: of.memoryMb,
  };
}

function goals(): Goal[] {
  const judged: Goal[] = [];
  const at = options.quick ? 100 : GOAL_CALLS;
  const ours = find('switchroom', at);
  if (valid.includes(at)) {
    const delay = goal(`added one-way delay p99 at ${at} calls`, ours.addedP99, '≤', GOAL_ADDED_P99, 'ms');
    const why = `other programs used ${ours.others} cores`;
    judged.push(ours.others > MOST_OTHERS && delay.ok === false ? { ...delay, ok: undefined, why } : delay);
    judged.push(goal(`packets lost at ${at} calls`, ours.lost * 100, '≤', 0, '%'));
    judged.push(goal(`packets altered at ${at} calls`, ours.altered, '≤', 0, 'packets'));
  } else {
    const why = `the generator alone was not below ${VALID_P99} ms`;
    judged.push(unjudged(`added one-way delay p99 at ${at} calls`, GOAL_ADDED_P99, 'ms', why));
    judged.push(unjudged(`packets lost at ${at} calls`, 0, '%', why));
  }
  const name = `CPU per bridged call at ${at} calls against Asterisk's`;
  if (missing !== undefined) judged.push(unjudged(name, 1, 'times', missing));
  else {
    const theirs = find('asterisk', at).cpuPerCall;
    const ratio = theirs === undefined || ours.cpuPerCall === undefined ? undefined : ours.cpuPerCall / theirs;
    judged.push(goal(name, ratio, '≤', 1, 'times'));
  }
  const most = 'calls that the relay carries without loss';
  if (options.quick) judged.push(unjudged(most, GOAL_CALLS, 'calls', 'left out by --quick'));
  else judged.push(goal(most, carried.at(-1) ?? 0, '≥', GOAL_CALLS, 'calls'));
  return judged;
}
