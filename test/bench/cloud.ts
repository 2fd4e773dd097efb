// npm run bench:cloud: the journal to the cloud; restart to adopted at 50, 200, 500 calls, planned restarts at 50 and 200; with --soak 30 minutes at half load; with
// --cut the cloud's process is killed for two minutes (--quick: 20 s) of SIPp calls, and with --cut alone nothing else is measured.
import { hasPostgres } from '../engines/postgres.ts';
import { measureAdoption } from './cloud/adoption.ts';
import { measureCut } from './cloud/cut.ts';
import { measurePlannedRestart } from './cloud/planned-restart.ts';
import { soak } from './cloud/soak.ts';
import { measureUplink } from './cloud/uplink.ts';
import { benchOptions, finish, type Goal, goal, say, table, unjudged } from './report.ts';

const options = benchOptions();
const soaking = process.argv.includes('--soak');
const goals: Goal[] = [];

if (process.argv.includes('--cut')) {
  say('the cloud is killed under calls');
  const cut = await measureCut({ rate: 10, seconds: options.quick ? 20 : 120 });
  const { okShares, ...figures } = cut;
  table([{ ...figures, 'ok before, during, after': okShares.join(', ') }]);
  goals.push(goal('calls that went well while the cloud was away', cut.okShare, '≥', 0.999, 'share'));
  goals.push(goal('events that the cloud lacks', cut.lacking, '≤', 0, 'events'));
  goals.push(goal('events that the cloud has twice', cut.doubled, '≤', 0, 'events'));
  goals.push(goal('batches that are out of order', cut.disordered, '≤', 0, 'batches'));
  goals.push(
    goal('contacts of the site that the cloud does not have', Math.abs(cut.contacts - cut.inCloud), '≤', 0, 'contacts'),
  );
  goals.push(goal('catch-up against real time', cut.catchUpFactor, '≥', 10, 'times'));
  finish('cloud-cut', goals, { cut }, options);
  process.exit();
}

say('the journal to the cloud');
const uplink = hasPostgres ? await measureUplink(options.quick ? 1_000 : 20_000, options.quick ? 5 : 30) : undefined;
if (uplink) {
  const { lag, loopDelay, ...rest } = uplink;
  table([
    { ...rest, 'lag p50': lag.p50, 'lag p99': lag.p99, 'loop p99': loopDelay.p99, 'loop max': loopDelay.longest },
  ]);
  goals.push(goal('catch-up against a site of 10 calls/s', uplink.catchUpFactor, '≥', 10, 'times'));
  goals.push(goal('event loop of the site while it catches up, p99', uplink.loopDelay.p99, '≤', 20, 'ms'));
  goals.push(goal('lag p99 at 10 calls/s', uplink.lag.p99, '≤', 2_000, 'ms'));
} else goals.push(unjudged('catch-up against a site of 10 calls/s', 10, 'times', 'PostgreSQL is not here'));

say('kill -9 of the server: restart to adopted');
const adoptions = [];
for (const calls of options.quick ? [20] : [50, 200, 500]) {
  const one = await measureAdoption(calls);
  table([{ ...one }]);
  adoptions.push(one);
}
const most = options.quick ? undefined : adoptions.find(({ calls }) => calls === 200);
if (most) {
  goals.push(goal('200 calls adopted after kill -9', most.adoptedMs, '≤', 3_000, 'ms'));
  goals.push(goal('latest packet of a talk meanwhile', most.latestPacketMs, '≤', 1_000, 'ms'));
  goals.push(goal('calls of 200 that ended properly', most.completed, '≥', 200, 'calls'));
} else goals.push(unjudged('200 calls adopted after kill -9', 3_000, 'ms', 'left out by --quick'));

say('planned restarts under calls');
const restarts = [];
for (const calls of options.quick ? [20] : [50, 200]) {
  const one = await measurePlannedRestart(calls);
  const { gapsMs, ...rest } = one;
  table([{ ...rest, each: gapsMs.join(' ') }]);
  restarts.push(one);
  const name = `without commands in a planned restart of ${calls} calls, median of ${gapsMs.length}`;
  goals.push(goal(name, one.gapMs, '≤', 3_000, 'ms'));
  goals.push(goal(`calls of ${calls} that ended properly after the restarts`, one.completed, '≥', calls, 'calls'));
}

let soaked: Awaited<ReturnType<typeof soak>> | undefined;
if (soaking) {
  say('30 minutes at half load');
  soaked = await soak(120, 30, (one) => table([{ ...one }]));
  goals.push(goal('memory of the last minutes over the first', soaked.memoryRatio, '≤', 1.1, 'times'));
  goals.push(goal('handles of the last minutes over the first', soaked.handlesRatio, '≤', 1.1, 'times'));
} else goals.push(unjudged('memory over 30 minutes at half load', 1.1, 'times', 'asked for by --soak'));

finish('cloud', goals, { uplink, adoptions, restarts, soaked }, options);
