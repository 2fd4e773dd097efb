// npm run bench:digital: 10,000 web chats open on one sidecar; WeChat's callbacks at 500/s, with kills. Each part is a file of
// digital/; `--only webchat` runs one.
import { measureCallbacks } from './digital/callbacks.ts';
import { measureCustomers } from './digital/customers.ts';
import { measureWebchat } from './digital/webchat.ts';
import { benchOptions, finish, type Goal, goal, say, table, unjudged } from './report.ts';

const options = benchOptions();
const at = process.argv.indexOf('--only');
const only = at < 0 ? undefined : process.argv[at + 1];
const wanted = (part: string) => only === undefined || only === part;
/** Where other programs use more of the machine, in cores, what is missed is theirs as well. */
const mostOthers = 0.25;
const goals: Goal[] = [];
const details: Record<string, unknown> = {};

/** A miss on a machine that others use is no finding. */
function judged(one: Goal, others: number): Goal {
  return one.ok === false && others > mostOthers ? { ...one, ok: undefined, why: `others used ${others} cores` } : one;
}

if (wanted('webchat')) {
  // SWITCHROOM_BENCH_CHATS=3000 for another number of them.
  const conversations = Number(process.env.SWITCHROOM_BENCH_CHATS ?? (options.quick ? 1_000 : 10_000));
  say(`${conversations} web chats open, a message each 10 s`);
  const figures = await measureWebchat(conversations, options.quick ? 20 : 60);
  details.webchat = figures;
  const { ack, toAgent, ...rest } = figures;
  table([{ ...rest, 'ack p99': ack.p99, 'p50 ms': toAgent.p50, 'p95 ms': toAgent.p95, 'p99 ms': toAgent.p99 }]);
  const name = `web chat, ${conversations} open: customer's socket to the agent's, p99`;
  const reached = judged(goal(name, toAgent.p99, '≤', 250, 'ms'), figures.others);
  const whole = conversations >= 10_000;
  goals.push(whole ? reached : { ...reached, ok: undefined, why: 'fewer than 10,000 conversations' });
  goals.push(goal('web chat: messages that did not arrive', figures.messages - figures.arrived, '≤', 0, 'messages'));
}
if (wanted('callbacks')) {
  say('WeChat callbacks at 500/s; then with kill -9 of the sidecar and the server');
  const figures = await measureCallbacks(500, options.quick ? 8 : 30);
  details.callbacks = figures;
  table([{ ...figures }]);
  goals.push(judged(goal('callbacks at 500/s acknowledged, p99', figures.p99, '≤', 100, 'ms'), figures.others));
  goals.push(goal('acknowledged callbacks that were lost', figures.lost, '≤', 0, 'callbacks'));
  goals.push(goal('acknowledged callbacks that came twice', figures.doubled, '≤', 0, 'callbacks'));
}
if (wanted('customers')) {
  // SWITCHROOM_BENCH_CUSTOMERS=50000000 for the great one: about 20 GB of disk.
  const customers = Number(process.env.SWITCHROOM_BENCH_CUSTOMERS ?? (options.quick ? 1_000_000 : 5_000_000));
  say(`identify and timeline among ${customers} customers (built once, in test/bench/.cache)`);
  const figures = await measureCustomers(customers, options.quick ? 20_000 : 50_000);
  details.customers = figures;
  const { both, identify, timeline, regulars, ...rest } = figures;
  table([{ ...rest, 'p50 ms': both.p50, 'p99 ms': both.p99, 'most ms': both.most, 'regulars p99': regulars.p99 }]);
  goals.push(goal(`identify + timeline among ${customers} customers, p99`, both.p99, '≤', 20, 'ms'));
  goals.push(goal('timeline of a customer with 5,000 interactions, p99', regulars.p99, '≤', 50, 'ms'));
}
if (goals.length === 0) goals.push(unjudged('nothing', 0, '', `there is no part ${only}`));
finish('digital', goals, details, options);
