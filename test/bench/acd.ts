// What one decision of the router costs, against the number of waiting contacts and of free agents; beside it, in the
// same run, what a router that scans its lists would pay for the same question (what mod_callcenter and app_queue do).
import { cpus } from 'node:os';
import {
  type AcdEvent,
  agentConfig,
  type Command,
  decide,
  emptyState,
  queueConfig,
  type RouterState,
} from '../../server/acd/index.ts';

const quick = process.argv.includes('--quick');
const asJson = process.argv.includes('--json');
const rounds = quick ? 2_000 : 20_000;
const skills = ['english', 'cards', 'loans', 'fraud', 'funds'];
const queues = Array.from({ length: 20 }, (_, i) => `queue${i}`);
const start = 1_700_000_000_000;

/** Deterministic chance, so that every run measures the same. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function floor(agents: number, contacts: number): { state: RouterState; now: number } {
  const state = emptyState();
  const random = chance(7);
  let now = start;
  for (const id of queues) {
    decide(
      state,
      { type: 'set-queue', queue: queueConfig({ id, wrapUpMs: 0, rings: [{ afterMs: 9e8, relaxBy: 1 }] }) },
      now,
    );
  }
  for (let i = 0; i < contacts; i++) decide(state, enqueue(`int_w${String(i).padStart(6, '0')}`, random), ++now);
  for (let i = 0; i < agents; i++) {
    const mine = queues.filter((_, q) => (i + q) % 5 === 0);
    const known = Object.fromEntries(skills.map((skill) => [skill, 1 + Math.floor(random() * 5)]));
    decide(state, { type: 'set-agent', agent: agentConfig({ id: `agent${i}`, queues: mine, skills: known }) }, now);
    decide(state, { type: 'sign-in', agent: `agent${i}` }, now);
    decide(state, { type: 'ready', agent: `agent${i}` }, ++now);
  }
  return { state, now };
}

function enqueue(contact: string, random: () => number): Extract<Command, { type: 'enqueue' }> {
  const skill = skills[Math.floor(random() * skills.length)]!;
  const least = 1 + Math.floor(random() * 3);
  return {
    type: 'enqueue',
    contact,
    channel: 'voice',
    queue: queues[Math.floor(random() * queues.length)]!,
    priority: Math.floor(random() * 3),
    skills: [{ skill, least }],
  };
}

function offered(events: AcdEvent[]): string[] {
  return events.filter((event) => event.type === 'offer-made').map(({ contact }) => contact);
}

interface Cost {
  medianUs: number;
  p99Us: number;
}

// The median, because other processes of the machine are no cost of the router.
function cost(times: Float64Array): Cost {
  times.sort();
  return {
    medianUs: round(times[times.length >> 1]! * 1_000),
    p99Us: round(times[Math.floor(times.length * 0.99)]! * 1_000),
  };
}

const round = (value: number) => Math.round(value * 10) / 10;

/** An agent hangs up and gets the best of the waiting contacts; a new contact keeps their number the same. */
function agentFrees(agents: number, contacts: number): { router: Cost; scan: Cost } {
  const { state, now: at } = floor(agents, contacts);
  const random = chance(11);
  const router = new Float64Array(rounds);
  const scan = new Float64Array(Math.min(rounds, 500));
  let now = at;
  const held = [...state.contacts.values()].filter((contact) => contact.state === 'offered').map(({ id }) => id);
  for (let i = 0; i < rounds; i++) {
    now++;
    const contact = held.shift()!;
    const agent = state.contacts.get(contact)!.work!.agent;
    if (i < scan.length) {
      const began = performance.now();
      scanContacts(state, agent);
      scan[i] = performance.now() - began;
    }
    const began = performance.now();
    const events = decide(state, { type: 'leave', contact, reason: 'over' }, now);
    router[i] = performance.now() - began;
    held.push(...offered(events));
    held.push(...offered(decide(state, enqueue(`int_x${String(i).padStart(6, '0')}`, random), now)));
  }
  return { router: cost(router), scan: cost(scan) };
}

/** A contact arrives while every agent is free, is offered, and leaves again. */
function contactArrives(agents: number): { router: Cost; scan: Cost } {
  const { state, now: at } = floor(agents, 0);
  const random = chance(13);
  const router = new Float64Array(rounds);
  const scan = new Float64Array(Math.min(rounds, 500));
  let now = at;
  for (let i = 0; i < rounds; i++) {
    now++;
    const command = enqueue(`int_y${String(i).padStart(6, '0')}`, random);
    if (i < scan.length) {
      const began = performance.now();
      scanAgents(state, command);
      scan[i] = performance.now() - began;
    }
    const began = performance.now();
    const events = decide(state, command, now);
    router[i] = performance.now() - began;
    if (!events.some((event) => event.type === 'offer-made')) throw new Error('no agent was found');
    decide(state, { type: 'leave', contact: command.contact, reason: 'over' }, now);
  }
  return { router: cost(router), scan: cost(scan) };
}

function scanContacts(state: RouterState, agentId: string): string | undefined {
  const { config } = state.agents.get(agentId)!;
  let best: { id: string; rank: number } | undefined;
  for (const contact of state.contacts.values()) {
    if (contact.state !== 'waiting' || !config.queues.includes(contact.queue)) continue;
    if (!contact.skills?.every(({ skill, least }) => (config.skills[skill] ?? 0) >= least)) continue;
    if (!best || contact.rank < best.rank) best = contact;
  }
  return best?.id;
}

function scanAgents(state: RouterState, contact: ReturnType<typeof enqueue>): string | undefined {
  let best: { id: string; since: number } | undefined;
  for (const { config, presence, usedTotal, idleSince } of state.agents.values()) {
    if (presence !== 'ready' || usedTotal > 0 || !config.queues.includes(contact.queue)) continue;
    if (!contact.skills?.every(({ skill, least }) => (config.skills[skill] ?? 0) >= least)) continue;
    if (!best || idleSince < best.since) best = { id: config.id, since: idleSince };
  }
  return best?.id;
}

agentFrees(100, 1_000); // warm up
contactArrives(100);
const freed = [100, 1_000, 10_000].map((contacts) => ({
  agents: Math.min(1_000, contacts / 2),
  contacts,
  ...agentFrees(Math.min(1_000, contacts / 2), contacts),
}));
const arrived = [100, 300, 1_000].map((agents) => ({ agents, ...contactArrives(agents) }));

const most = freed.at(-1)!;
const few = freed[0]!;
const goals = [
  { name: 'agent frees, 10,000 wait, 1,000 agents: median', value: most.router.medianUs, goal: 100, unit: 'µs' },
  { name: 'contact arrives, 1,000 agents free: median', value: arrived.at(-1)!.router.medianUs, goal: 100, unit: 'µs' },
  {
    name: 'growth of the cost from 100 to 10,000 waiting',
    value: round(most.router.medianUs / few.router.medianUs),
    goal: 4,
    unit: '×',
  },
].map((goal) => ({ ...goal, ok: goal.value <= goal.goal }));

if (asJson) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  console.log(JSON.stringify({ bench: 'acd', machine, goals, details: { rounds, freed, arrived } }));
} else {
  const flat = ({ router, scan, ...rest }: { router: Cost; scan: Cost }) => ({
    ...rest,
    'router median µs': router.medianUs,
    'router p99 µs': router.p99Us,
    'scan median µs': scan.medianUs,
  });
  console.log('An agent frees up and gets the best contact');
  console.table(freed.map(flat));
  console.log('A contact arrives and gets the best agent');
  console.table(arrived.map(flat));
  console.table(goals);
}
process.exitCode = goals.every(({ ok }) => ok) ? 0 : 1;
