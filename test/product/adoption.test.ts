// One of the programs dies, or hangs, while calls are up (DESIGN §1, adoption).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { longestGap, missing } from './continuity.ts';
import { type Caller, Floor, type LiveCall, type Party } from './floor.ts';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;

describe.skipIf(!has('sipp'))('programs that die (needs sipp)', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    // The edge that is started again is to be found where it was.
    floor = await Floor.open({ env: { SWITCHROOM_SIP_PORT: String(await freePort()) } });
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

  test('the server is killed: the talk goes on, hang-up works in the gap, all is taken up again within 3 s', async () => {
    const line = await floor.line({ record: true });
    const other = await floor.line();
    const seat = await floor.seat([line.queue], {}, 2);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    const waiting = await floor.caller(line.number);
    await floor.phase(waiting.interaction, 'queued');
    const leaving = await talkingOn(await floor.line({ record: true }));
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const before = await bySameIds([caller, waiting]);

    const killed = await killServer();
    await leaving.caller.sipp.tell('HANGUP');
    await Promise.all([leaving.caller.sipp.done(), leaving.seat.sipp.done()]);
    const back = await backAgain([caller, waiting]);
    const kept = keptWaiting(floor.product.pids.server);
    console.log(
      `adoption: both calls are there again ${back - killed} ms after kill -9, of which other programs kept the server from running ${kept} ms`,
    );

    // Nobody in the talk noticed: sound both ways, every packet in its turn.
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    const gaps = [caller.rtp, seat.rtp].map((phone) => longestGap(phone, killed));
    console.log(`adoption: longest pause in the sound, caller and agent: ${gaps.map(Math.round).join(' and ')} ms`);
    for (const gap of gaps) expect(gap).toBeLessThan(1_000);
    expect(missing(caller.rtp) + missing(seat.rtp)).toBe(0);

    // The hang-up was answered while no server was there.
    const adopted = await floor.events.fact('call.adopted', { interaction: caller.interaction });
    expect((await leaving.caller.sipp.message(200, 2)).at).toBeLessThan(adopted.at);
    expect((await leaving.seat.sipp.message('BYE')).at).toBeLessThan(adopted.at);
    const left = await floor.record(leaving.caller.interaction);
    expect(left).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'customer' });
    await until(async () => {
      const [recording] = (await floor.record(leaving.caller.interaction)).recordings;
      return (recording?.bytes ?? 0) > 44 && recording?.sha256 !== undefined;
    }, 'what was recorded of it until then is sealed');
    await floor.free(leaving.seat.agent);

    // As if nothing had been.
    const after = await bySameIds([caller, waiting]);
    for (const interaction of Object.keys(before)) {
      const { phase, startedAt, queue, agent, recording } = after[interaction] as LiveCall;
      expect({ phase, startedAt, queue, agent, recording }).toEqual({
        phase: before[interaction]?.phase,
        startedAt: before[interaction]?.startedAt,
        queue: before[interaction]?.queue,
        agent: before[interaction]?.agent,
        recording: before[interaction]?.recording,
      });
    }
    expect(after[caller.interaction]?.recording).toBe('on');
    const { queues } = await floor.ask<{ queues: { queue: string; waiting: number; longestWaitMs: number }[] }>(
      'GET',
      '/live/queues',
    );
    const queued = await floor.events.fact('interaction.queued', { interaction: waiting.interaction });
    const place = queues.find(({ queue }) => queue === line.queue);
    expect(place?.waiting).toBe(1);
    expect(place?.longestWaitMs).toBeGreaterThanOrEqual(back - queued.at);

    // Hold, transfer and hang-up work.
    const contact = `/agents/${seat.agent}/contacts/${caller.interaction}`;
    await floor.ask('POST', `${contact}/hold`);
    await caller.sipp.message('ACK');
    await seat.rtp.hearsNothing();
    await floor.ask('POST', `${contact}/resume`);
    await caller.sipp.message('ACK', 2);
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    const second = await floor.seat([other.queue]);
    await floor.ask('POST', `${contact}/transfer`, { queue: other.queue });
    await seat.sipp.message('BYE');
    await floor.answers(second, caller.interaction);
    await floor.hearEachOther(caller.rtp, second.rtp, [600, 1000]);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), second.sipp.done()]);

    // The one who waited is served now.
    await floor.answers(seat, waiting.interaction, 2);
    await floor.hearEachOther(waiting.rtp, seat.rtp, [600, 1000]);
    await waiting.sipp.tell('HANGUP');
    await Promise.all([waiting.sipp.done(), seat.sipp.done()]);

    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedBy: 'customer', endedWhere: 'talk', queue: other.queue });
    expect(record.agents).toMatchObject([{ agent: seat.agent }, { agent: second.agent }]);
    expect(record.agents[0]?.holdMs).toBeGreaterThan(0);
    expect(record.transfers).toMatchObject([{ kind: 'queue', to: other.queue, by: seat.agent }]);
    await until(
      async () => (await floor.record(caller.interaction)).recordings.every(({ ms }) => ms),
      'it is recorded',
    );
    const [recording] = (await floor.record(caller.interaction)).recordings;
    // It goes on over the gap: as long as the first talk, within what starting and stopping take.
    expect(recording?.ms).toBeGreaterThan(back - killed);
    expect((await floor.record(waiting.interaction)).waitMs).toBeGreaterThan(back - queued.at);
    await floor.nothingLeft();
    expect(back - killed - kept).toBeLessThan(3_000);
  });

  test('a server that stands still for 2 s: the talk goes on, and a hang-up waits for it', async () => {
    const { caller, seat } = await talkingOn(await floor.line());
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const { server } = floor.product.pids;
    const stopped = Date.now();
    process.kill(server, 'SIGSTOP');
    const heard = caller.rtp.heard.length;
    await until(() => caller.rtp.heard.length >= heard + 100, 'two seconds of sound came');
    process.kill(server, 'SIGCONT');
    for (const phone of [caller.rtp, seat.rtp]) expect(longestGap(phone, stopped)).toBeLessThan(1_000);
    expect(missing(caller.rtp) + missing(seat.rtp)).toBe(0);
    await seat.sipp.tell('HANGUP', {}, (await floor.rings(seat)).callId);
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'agent' });
    expect(floor.product.pids.server).toBe(server);
    await floor.nothingLeft();
  });

  test('a server that hangs for good is replaced, and the next one takes up the call; a second restart does it again', async () => {
    const { caller, seat } = await talkingOn(await floor.line());
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const { server } = floor.product.pids;
    const stopped = Date.now();
    process.kill(server, 'SIGSTOP');
    await until(() => floor.product.pids.server !== server, 'the supervisor has given it up', 30_000);
    const back = await backAgain([caller]);
    console.log(`adoption: a hung server was found out and replaced, and the call taken up, in ${back - stopped} ms`);
    await killServer();
    await backAgain([caller]);
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    for (const phone of [caller.rtp, seat.rtp]) expect(longestGap(phone, stopped)).toBeLessThan(1_000);
    await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/hangup`);
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'agent' });
    expect(floor.events.of('call.adopted', caller.interaction)).toHaveLength(2);
    await floor.free(seat.agent);
    await floor.nothingLeft();
  });

  test('the edge is killed: BYE to everybody it had noted, agents are free again, records are closed, calls come in', async () => {
    const line = await floor.line({ record: true });
    const { caller, seat } = await talkingOn(line);
    const busy = await floor.line();
    const waiting = await floor.caller(busy.number);
    await floor.phase(waiting.interaction, 'queued');
    const inFlow = await floor.caller('95500');
    const invite = await floor.rings(seat);
    await noted([caller.sipp.callId, waiting.sipp.callId, inFlow.sipp.callId, invite.callId]);
    const { edge } = floor.product.pids;
    const killed = Date.now();
    process.kill(edge, 'SIGKILL');
    await Promise.all([caller, seat, waiting, inFlow].map(({ sipp }) => sipp.done(30_000)));
    console.log(`edge killed: the last of 4 dialogs had its BYE after ${Date.now() - killed} ms`);

    await floor.free(seat.agent);
    const talked = await floor.record(caller.interaction);
    expect(talked).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'network', agent: seat.agent });
    expect(await floor.record(waiting.interaction)).toMatchObject({ endedWhere: 'queue', endedBy: 'network' });
    expect(await floor.record(inFlow.interaction)).toMatchObject({ endedWhere: 'ivr', endedBy: 'network' });

    // The next call is as good as any.
    const again = await floor.seat([busy.queue]);
    const next = await floor.caller(busy.number);
    await floor.answers(again, next.interaction);
    await floor.hearEachOther(next.rtp, again.rtp);
    await next.sipp.tell('HANGUP');
    await Promise.all([next.sipp.done(), again.sipp.done()]);
    expect(await floor.record(next.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'customer' });
    await floor.nothingLeft();
  });
});

/** How long the process was ready to run and no processor was free for it, ms: the machine's doing, not its own. */
function keptWaiting(pid: number): number {
  const [, waited = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return Math.round(Number(waited) / 1e6);
}

/** The edge has written those dialogs down. */
async function noted(callIds: string[]): Promise<void> {
  const ledger = join(floor.product.settings.data, 'run', 'dialogs.ledger');
  await until(() => {
    const text = readFileSync(ledger, 'utf8');
    return callIds.every((callId) => text.includes(callId));
  }, 'the dialogs are noted');
}

interface Talk {
  caller: Caller;
  seat: Party & { agent: string };
}

async function talkingOn(line: { number: string; queue: string }): Promise<Talk> {
  const seat = await floor.seat([line.queue]);
  const caller = await floor.caller(line.number);
  await floor.answers(seat, caller.interaction);
  return { caller, seat };
}

/** @returns when, ms since 1970 */
async function killServer(): Promise<number> {
  const { server } = floor.product.pids;
  const at = Date.now();
  process.kill(server, 'SIGKILL');
  await until(() => floor.product.pids.server !== server, 'the server is dead');
  return at;
}

/** @returns when the API shows those calls again */
async function backAgain(callers: Caller[]): Promise<number> {
  await until(
    async () => {
      try {
        const there = (await floor.calls()).map(({ interaction }) => interaction);
        return callers.every(({ interaction }) => there.includes(interaction));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET') return false;
        throw error;
      }
    },
    'the calls are there again',
    60_000,
  );
  return Date.now();
}

async function bySameIds(callers: Caller[]): Promise<Record<string, LiveCall>> {
  const ids = callers.map(({ interaction }) => interaction);
  const calls = (await floor.calls()).filter(({ interaction }) => ids.includes(interaction));
  return Object.fromEntries(calls.map((call) => [call.interaction, call]));
}
