// Callers who give up, in every phase: nothing is left of them, and the record says where they were.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';

let floor: Floor;

describe.skipIf(!has('sipp'))('callers who give up (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

  test('a CANCEL that crosses the answer changes nothing', async () => {
    const caller = await floor.sipp({
      scenario: 'cancel-late',
      target: floor.product.sip,
      keys: { from: '013800138000', rtp_port: (await floor.rtp()).port },
      args: ['-s', '95500'],
    });
    await caller.done();
    const record = await floor.record(await floor.interactionOf(caller.callId));
    expect(record).toMatchObject({ outcome: 'contained', endedWhere: 'ivr', endedBy: 'customer' });
    await floor.nothingLeft();
  });

  test('before the answer: CANCEL is answered, the INVITE gets 487', async () => {
    // A server that stands still answers no call; the CANCEL is the edge's to answer.
    const { server } = floor.product.pids;
    process.kill(server, 'SIGSTOP');
    try {
      const caller = await floor.sipp({
        scenario: 'cancel-early',
        target: floor.product.sip,
        keys: { from: '013800138000', rtp_port: (await floor.rtp()).port },
        args: ['-s', '95500'],
      });
      await caller.done();
    } finally {
      process.kill(server, 'SIGCONT');
    }
    await floor.nothingLeft();
    const { interactions } = await floor.ask<{ interactions: { outcome: string; endedBy: string }[] }>(
      'GET',
      '/interactions',
    );
    // The newest; the server may never have heard of it, or heard that it was over.
    const [newest] = interactions;
    expect(['failed', 'contained']).toContain(newest?.outcome);
    expect(newest?.endedBy).toBe('customer');
  });

  test('in the flow', async () => {
    const caller = await floor.caller('95500');
    await floor.phase(caller.interaction, 'ivr');
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'contained', endedWhere: 'ivr', endedBy: 'customer', agents: [] });
    await floor.nothingLeft();
  });

  test('in the queue', async () => {
    const line = await floor.line();
    const caller = await floor.caller(line.number);
    await floor.phase(caller.interaction, 'queued');
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'abandoned', endedWhere: 'queue', endedBy: 'customer', queue: line.queue });
    expect(await waitingIn(line.queue)).toBe(0);
    await floor.nothingLeft();
  });

  test('while the phone rings: it stops, and the agent is not blamed', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.rings(seat);
    await floor.phase(caller.interaction, 'ringing');
    await caller.sipp.tell('HANGUP');
    // The phone's scenario ends with CANCEL, 487 and its ACK.
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'abandoned', endedWhere: 'ringing', endedBy: 'customer' });
    await floor.free(seat.agent);
    await floor.agentIs(seat.agent, 'ready');
    expect(await waitingIn(line.queue)).toBe(0);
    await floor.nothingLeft();
  });

  test('in the talk, and on hold', async () => {
    for (const phase of ['talking', 'held']) {
      const line = await floor.line();
      const seat = await floor.seat([line.queue]);
      const caller = await floor.caller(line.number);
      await floor.answers(seat, caller.interaction);
      if (phase === 'held') {
        await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/hold`);
        await caller.sipp.message('ACK');
      }
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), seat.sipp.done()]);
      const record = await floor.record(caller.interaction);
      expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'customer' });
      expect(record.holdMs > 0).toBe(phase === 'held');
      await floor.free(seat.agent);
      await floor.nothingLeft();
    }
  });
});

async function waitingIn(queue: string): Promise<number | undefined> {
  const { queues } = await floor.ask<{ queues: { queue: string; waiting: number }[] }>('GET', '/live/queues');
  return queues.find((one) => one.queue === queue)?.waiting;
}
