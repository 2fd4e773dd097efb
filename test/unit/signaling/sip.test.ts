// The facade over drachtio-srf, above all where drachtio-srf has its oddities (protocol facts §16).
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LinkClient } from '../../../link/index.ts';
import type { IncomingCall, SipDialog } from '../../../server/signaling/sip/index.ts';
import { connectSip, type Sip } from '../../../server/signaling/sip/index.ts';
import { until } from '../../sip/until.ts';
import { FakeDrachtio, type Frame, offer } from './fake-drachtio.ts';

const logger = pino({ level: 'silent' });
let server: FakeDrachtio;
let sip: Sip;
const calls: IncomingCall[] = [];

beforeEach(async () => {
  calls.length = 0;
  server = await FakeDrachtio.listen();
  sip = await connectSip({
    ...server.address,
    secret: 's',
    epoch: 7,
    logger,
    echoMs: 200,
    retryMs: { first: 10, most: 40 },
  });
  sip.serve({ call: (call) => calls.push(call), request: (request) => request.reply(200) });
  await until(() => server.routes.includes('invite'), 'routes');
});
afterEach(async () => {
  sip.close();
  await server.close();
});

const sipFrame = (start: string): Frame | undefined =>
  server.frames.find((frame) => frame.kind === 'sip' && frame.start.startsWith(start));

/** An answered call. */
async function dialog(callId = 'c1'): Promise<SipDialog> {
  server.invite(callId, '95500');
  await until(() => calls.length > 0, 'a call');
  return calls.pop()!.answer('v=0\r\nours\r\n');
}

test('announces its epoch with the secret', () => {
  expect(server.frames[0]?.tokens).toEqual([expect.any(String), 'authenticate', 's', 'epoch-7']);
});

test('a wrong secret is a clear error, and nothing stays behind', async () => {
  server.secret = 'other';
  await expect(connectSip({ ...server.address, secret: 's', logger })).rejects.toMatchObject({
    code: 'sip-server-refused',
  });
});

test('nobody listening is a clear error', async () => {
  const { port } = server.address;
  await server.close();
  await expect(
    connectSip({ host: '127.0.0.1', port, secret: 's', logger, withinMs: 200, retryMs: { first: 10, most: 20 } }),
  ).rejects.toMatchObject({ code: 'sip-server-unreachable' });
  server = await FakeDrachtio.listen();
});

describe('answering', () => {
  test('gives a dialog whose BYE is answered and told once', async () => {
    const up = await dialog();
    expect(up).toMatchObject({ id: 'c1;from-tag=fc1', role: 'uas', callId: 'c1', remoteAddress: '192.0.2.9' });
    const endings: unknown[] = [];
    up.handler = {
      ended: (ending) => endings.push(ending),
      offered: () => {},
      acknowledged: () => {},
      info: () => {},
      referred: () => {},
    };
    server.inDialog('BYE', up.id);
    await until(() => endings.length > 0, 'ended');
    await up.bye();
    expect(endings).toEqual([{ by: 'remote', cause: 'BYE' }]);
    expect(sip.counts()).toMatchObject({ dialogs: 0, waiting: 0 });
  });

  test('that a CANCEL has overtaken rejects with an error, not with a bare string', async () => {
    server.onsip = (frame) => server.refuse(frame, 'Response not sent due to unknown transaction');
    await expect(dialog()).rejects.toMatchObject({ name: 'SwitchroomError', code: 'sip-cancelled' });
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  });

  test('an end that comes before anybody listens is told to the first who does', async () => {
    const up = await dialog();
    server.inDialog('BYE', up.id);
    await until(() => up.over, 'over');
    const endings: unknown[] = [];
    up.handler = {
      ended: (ending) => endings.push(ending),
      offered: () => {},
      acknowledged: () => {},
      info: () => {},
      referred: () => {},
    };
    expect(endings).toEqual([{ by: 'remote', cause: 'BYE' }]);
  });
});

describe('re-INVITE of ours', () => {
  test('that was declined does not block the next (drachtio-srf modify does)', async () => {
    const up = await dialog();
    let count = 0;
    server.onsip = (frame) => {
      const transaction = server.take(frame);
      if (!frame.start.startsWith('INVITE')) return;
      const status = ++count === 1 ? '488 Not Acceptable Here' : '200 OK';
      server.respond(frame, transaction, status, { body: count === 1 ? '' : offer, dialogId: up.id });
    };
    await expect(up.offer(async () => 'v=0\r\n1\r\n')).rejects.toMatchObject({
      code: 'sip-declined',
      details: { status: 488 },
    });
    expect(await up.offer(async () => 'v=0\r\n2\r\n')).toBe(offer);
    const acks = () => server.frames.filter((frame) => frame.start.startsWith('ACK')).length;
    await until(() => acks() > 0, 'ACK');
    expect(acks()).toBe(1);
  });

  test('two at once go one after the other', async () => {
    const up = await dialog();
    const open: [Frame, string][] = [];
    server.onsip = (frame) => {
      const transaction = server.take(frame);
      if (frame.start.startsWith('INVITE')) open.push([frame, transaction]);
    };
    const both = Promise.all([up.offer(async () => 'v=0\r\n1\r\n'), up.offer(async () => 'v=0\r\n2\r\n')]);
    await until(() => open.length === 1, 'the first');
    server.respond(...open[0]!, '200 OK', { body: offer, dialogId: up.id });
    await until(() => open.length === 2, 'the second, after the first');
    expect(open[1]![0].body).toContain('2');
    server.respond(...open[1]!, '200 OK', { body: offer, dialogId: up.id });
    await both;
  });

  test('meets one of theirs: that one gets 491 (glare), ours goes on', async () => {
    const up = await dialog();
    let first: Frame | undefined;
    let transaction = '';
    server.onsip = (frame) => {
      const id = server.take(frame);
      if (!frame.start.startsWith('INVITE')) return;
      first = frame;
      transaction = id;
    };
    const done = up.offer(async () => 'v=0\r\n1\r\n');
    await until(() => first !== undefined, 'ours');
    server.inDialog('INVITE', up.id, offer, ['Content-Type: application/sdp']);
    await until(() => sipFrame('SIP/2.0 491') !== undefined, '491 to theirs');
    server.respond(first!, transaction, '200 OK', { body: offer, dialogId: up.id });
    await done;
  });

  // Else the SIP server keeps it for ever, and a far side that only left this request without an answer stays in the call.
  test.each(['481 Gone', '408 Request Timeout'])('%s ends the dialog, at the far side too', async (answer) => {
    const up = await dialog();
    const endings: unknown[] = [];
    up.handler = {
      ended: (ending) => endings.push(ending),
      offered: () => {},
      acknowledged: () => {},
      info: () => {},
      referred: () => {},
    };
    server.onsip = (frame) => server.respond(frame, server.take(frame), answer, { dialogId: up.id });
    await expect(up.offer(async () => 'v=0\r\n')).rejects.toMatchObject({ code: 'sip-declined' });
    expect(endings).toEqual([{ by: 'lost', cause: answer.slice(0, 3) }]);
    await until(() => sipFrame('BYE') !== undefined, 'BYE');
    expect(sipFrame('BYE')?.tokens[3]).toBe(up.id);
    await up.bye();
    await until(() => sip.counts().pending === 0, 'an answer to the BYE');
    expect(server.frames.filter((frame) => frame.start.startsWith('BYE'))).toHaveLength(1);
  });
});

describe('re-INVITE of theirs', () => {
  test('without a description: our offer goes in the 200, their answer comes in the ACK, and is taken once', async () => {
    const up = await dialog();
    const offers: (string | undefined)[] = [];
    const answers: string[] = [];
    up.handler = {
      ended: () => {},
      offered: (sdp, reply) => {
        offers.push(sdp);
        reply.accept(`v=0\r\nours ${offers.length}\r\n`);
      },
      acknowledged: (sdp) => answers.push(sdp),
      info: () => {},
      referred: () => {},
    };
    const answered = (body: string) =>
      until(
        () => server.frames.some(({ start, body: sent }) => start.startsWith('SIP/2.0 200') && sent === body),
        body,
      );
    server.inDialog('INVITE', up.id);
    await answered('v=0\r\nours 1\r\n');
    expect(offers).toEqual([undefined]);
    expect(up).toMatchObject({ localSdp: 'v=0\r\nours 1\r\n', remoteSdp: offer });
    const theirs = offer.replace('4000', '4002');
    server.inDialog('ACK', up.id, theirs, ['Content-Type: application/sdp']);
    await until(() => answers.length > 0, 'their answer');
    expect(up.remoteSdp).toBe(theirs);
    // The ACK to a 200 that was an answer brings nothing, whatever stands in it.
    server.inDialog('INVITE', up.id, offer, ['Content-Type: application/sdp']);
    await answered('v=0\r\nours 2\r\n');
    server.inDialog('ACK', up.id, theirs, ['Content-Type: application/sdp']);
    server.inDialog('INVITE', up.id);
    await answered('v=0\r\nours 3\r\n');
    expect(offers).toEqual([undefined, offer, undefined]);
    expect(answers).toEqual([theirs]);
    expect(up.remoteSdp).toBe(offer);
  });
});

describe('two INVITEs at once with one Call-ID (forked upstream)', () => {
  /** What became of them, in the order in which they came. */
  async function two() {
    const transactions = ['a', 'b'].map((tag) => server.invite('c1', '95500', 'caller', [], tag));
    await until(() => calls.length === 2, 'both');
    const cancelled: string[] = [];
    for (const call of calls) call.oncancel = () => cancelled.push(call.header('from')?.split('tag=')[1] ?? '');
    return { first: calls[0]!, second: calls[1]!, transactions, cancelled };
  }

  test('a CANCEL is for the one that it names, and so is the next (drachtio-srf takes the newer, then none)', async () => {
    const { first, second, transactions, cancelled } = await two();
    server.cancel('c1', transactions[0]);
    await until(() => cancelled.length > 0, 'the first');
    expect([cancelled, first.state, second.state]).toEqual([['a'], 'cancelled', 'waiting']);
    server.cancel('c1', transactions[1]);
    await until(() => cancelled.length > 1, 'the second');
    expect(cancelled).toEqual(['a', 'b']);
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  });

  test('one is answered and talks, the other is cancelled after it', async () => {
    const { first, second, transactions, cancelled } = await two();
    const up = await second.answer('v=0\r\nours\r\n');
    expect(up.id).toBe('c1;from-tag=b');
    server.cancel('c1', transactions[0]);
    await until(() => cancelled.length > 0, 'the first');
    expect([cancelled, first.state, up.over]).toEqual([['a'], 'cancelled', false]);
    expect(sip.counts()).toEqual({ dialogs: 1, waiting: 0, pending: 0 });
  });

  test('both are answered: two dialogs, each with its own BYE', async () => {
    const { first, second } = await two();
    const [one, other] = await Promise.all([first.answer('v=0\r\n1\r\n'), second.answer('v=0\r\n2\r\n')]);
    expect([one.id, other.id]).toEqual(['c1;from-tag=a', 'c1;from-tag=b']);
    server.inDialog('BYE', one.id);
    await until(() => one.over, 'the first is over');
    expect(other.over).toBe(false);
    expect(sip.counts()).toMatchObject({ dialogs: 1, waiting: 0 });
  });
});

test('what stands in a dialog that there is not is refused, an ACK is not answered', async () => {
  for (const method of ['ACK', 'UPDATE', 'OPTIONS']) server.inDialog(method, '');
  await until(() => sipFrame('SIP/2.0 200') !== undefined, 'the answer to what is served');
  const answers = server.frames.filter(({ start }) => start.startsWith('SIP/2.0')).map((frame) => frame.header('cseq'));
  expect(answers).toEqual(['9 UPDATE', '9 OPTIONS']);
  expect(sipFrame('SIP/2.0 481')?.header('cseq')).toBe('9 UPDATE');
});

test('a dialog that the SIP server does not know is over', async () => {
  const up = await dialog();
  server.onsip = (frame) => server.refuse(frame, 'Server error: unable to find dialog for dialog id provided');
  await expect(up.info('text/plain', 'x')).rejects.toMatchObject({ code: 'sip-not-sent' });
  expect(up.over).toBe(true);
  expect(sip.counts().dialogs).toBe(0);
});

test('a frame that is never answered fails in time (drachtio-srf waits for ever)', async () => {
  server.onsip = () => undefined;
  await expect(sip.request('OPTIONS', 'sip:x@192.0.2.9')).rejects.toMatchObject({ code: 'sip-server-timeout' });
  expect(sip.counts().pending).toBe(0);
});

test('a phone that rings on and on is cancelled when we give up, and nothing of it stays', async () => {
  const now = performance.now.bind(performance);
  let ahead = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  try {
    let invited: [Frame, string] | undefined;
    server.onsip = (frame) => {
      const transaction = server.take(frame);
      if (!frame.start.startsWith('INVITE')) return;
      invited = [frame, transaction];
      server.respond(frame, transaction, '180 Ringing');
    };
    const heard: unknown[] = [];
    sip.call(
      { uri: 'sip:phone@192.0.2.9', offer, from: { user: '1' } },
      {
        provisional: (status) => heard.push(status),
        answered: () => heard.push('answered'),
        failed: (status) => heard.push(status),
      },
    );
    await until(() => heard.length === 1, 'it rings');
    ahead = 241_000;
    await until(() => sipFrame('CANCEL') !== undefined, 'CANCEL');
    expect(sipFrame('CANCEL')?.header('reason')).toContain('Ringing too long');
    expect(heard).toEqual([180]);
    server.respond(...invited!, '487 Request Terminated');
    await until(() => heard.length === 2, 'its end');
    expect(heard).toEqual([180, 408]);
    expect(sip.counts().pending).toBe(0);
  } finally {
    clock.mockRestore();
  }
});

describe('when the connection is lost', () => {
  test('what was pending fails at once, calls that ring are cancelled, dialogs live on', async () => {
    const up = await dialog();
    server.onsip = () => undefined;
    const pending = sip.request('OPTIONS', 'sip:x@192.0.2.9');
    server.invite('c2', '95500');
    await until(() => calls.length > 0, 'a call that waits');
    let cancelled = false;
    calls[0]!.oncancel = () => {
      cancelled = true;
    };
    server.cut();
    await expect(pending).rejects.toMatchObject({ code: 'sip-server-down' });
    expect(cancelled).toBe(true);
    await until(() => server.connections === 2 && server.routes.includes('invite'), 'routes again');
    server.onsip = (frame) => server.respond(frame, server.take(frame), '200 OK', { dialogId: up.id });
    await up.info('text/plain', 'x');
    expect(up.over).toBe(false);
  });

  test('an edge that stays away longer than it keeps its calls has none any more', async () => {
    sip.close();
    const link = Object.assign(new EventEmitter(), { connected: true, welcome: { capabilities: ['adoption'] } });
    sip = await connectSip({
      ...server.address,
      secret: 's',
      epoch: 8,
      logger,
      link: link as unknown as LinkClient,
      giveUpMs: 100,
    });
    server.routes.length = 0;
    sip.serve({ call: (call) => calls.push(call), request: (request) => request.reply(200) });
    await until(() => server.routes.includes('invite'), 'routes');
    const up = await dialog();
    const ended = new Promise((resolve) => {
      up.handler = {
        ended: resolve,
        offered: () => {},
        acknowledged: () => {},
        info: () => {},
        referred: () => {},
      };
    });
    await server.close();
    expect(await ended).toEqual({ by: 'lost', cause: 'sip-server-lost' });
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  });

  test('dialogs are compared until that works, and only what has lost its connection is ended', async () => {
    sip.close();
    const asked: string[] = [];
    let failures = 0;
    let listing: { dialogs: unknown[]; ended: unknown[]; now: number } = { dialogs: [], ended: [], now: Date.now() };
    const link = Object.assign(new EventEmitter(), {
      connected: true,
      welcome: { capabilities: ['adoption'] },
      request: (name: string) => {
        asked.push(name);
        if (name === 'dialogs.list' && failures-- > 0) return Promise.reject(new Error('no reply within 10,000 ms'));
        return Promise.resolve(name === 'dialogs.list' ? listing : {});
      },
    });
    sip = await connectSip({
      ...server.address,
      secret: 's',
      epoch: 8,
      logger,
      echoMs: 200,
      retryMs: { first: 10, most: 40 },
      compareRetryMs: { first: 1, most: 2 },
      link: link as unknown as LinkClient,
    });
    await sip.adopted();
    sip.serve({ call: (call) => calls.push(call), request: (request) => request.reply(200) });
    await until(() => server.routes.includes('invite'), 'routes');
    const lives = await dialog('lives');
    const gone = await dialog('gone');
    const ended = new Promise((resolve) => {
      gone.handler = { ended: resolve, offered() {}, acknowledged() {}, info() {}, referred() {} };
    });
    // The edge's clock is an hour behind ours, then ahead: neither makes a difference.
    const snapshot = (dialogId: string, orphan: boolean, answeredAt: number) => {
      const texts = { invite: '', answer: '', localSdp: '', remoteSdp: '' };
      return { dialogId, orphan, answeredAt, role: 'uas', remoteAddress: '192.0.2.9', ...texts };
    };
    const now = Date.now() - 3_600_000;
    listing = {
      now,
      dialogs: [
        snapshot(lives.id, false, now),
        snapshot('new;from-tag=a', false, now - 60_000),
        snapshot('left;from-tag=b', true, now + 60_000),
      ],
      ended: [{ dialogId: gone.id, at: now, by: 'remote' }],
    };
    asked.length = 0;
    failures = 3;
    server.cut();
    expect(await ended).toEqual({ by: 'remote', cause: 'ended while disconnected' });
    await until(() => asked.includes('dialogs.adopted'), 'adopted');
    expect(asked).toEqual([...Array(4).fill('dialogs.list'), 'dialogs.adopted']);
    expect(lives.over).toBe(false);
    const byes = () => server.frames.filter((frame) => frame.kind === 'sip' && frame.start.startsWith('BYE'));
    await until(() => byes().length > 0, 'BYE');
    expect(byes().map(({ tokens }) => tokens[3])).toEqual(['left;from-tag=b']);
  });

  test('what the edge says of times is read by its own clock', async () => {
    sip.close();
    const hour = 3_600_000;
    const edgeNow = Date.now() + hour;
    const link = Object.assign(new EventEmitter(), {
      connected: true,
      welcome: { capabilities: ['adoption'] },
      request: () =>
        Promise.resolve({
          dialogs: [],
          ended: [{ dialogId: 'a;from-tag=b', at: edgeNow - 5_000, by: 'remote' }],
          now: edgeNow,
        }),
    });
    sip = await connectSip({ ...server.address, secret: 's', epoch: 8, logger, link: link as unknown as LinkClient });
    const [end] = (await sip.find()).ended;
    expect(Math.abs((end?.at ?? 0) - (Date.now() - 5_000))).toBeLessThan(2_000);
  });

  test('it tries again and again with a bounded delay', async () => {
    const { port } = server.address;
    await server.close();
    const began = performance.now();
    // Long enough for a compounding delay to have grown far beyond the bound.
    await until(() => performance.now() - began > 600, 'some time');
    server = await FakeDrachtio.listenOn(port);
    const back = performance.now();
    await until(() => sip.connected, 'connected');
    expect(performance.now() - back).toBeLessThan(500);
  });
});

describe('placing a call', () => {
  const request = { uri: 'sip:them@192.0.2.9', offer: 'v=0\r\nours\r\n', from: { user: '1001', name: 'Ann "A"' } };
  const outcome = () => {
    const seen: unknown[] = [];
    const progress = {
      provisional: (status: number, sdp: string | undefined) => seen.push([status, sdp]),
      answered: (up: SipDialog) => seen.push(up),
      failed: (status: number) => seen.push(status),
    };
    return { seen, progress };
  };

  test('early media, then the answer, with ACK', async () => {
    server.onsip = (frame) => {
      const transaction = server.take(frame);
      if (!frame.start.startsWith('INVITE')) return;
      server.respond(frame, transaction, '183 Session Progress', { body: offer });
      server.respond(frame, transaction, '200 OK', { body: offer, dialogId: 'd;from-tag=u' });
    };
    const { seen, progress } = outcome();
    sip.call(request, progress);
    await until(() => seen.length === 2, 'answered');
    expect(seen[0]).toEqual([183, offer]);
    expect(seen[1]).toMatchObject({ role: 'uac', remoteSdp: offer });
    expect(sipFrame('INVITE')?.header('from')).toBe('"Ann \\"A\\"" <sip:1001@localhost>');
    await until(() => sipFrame('ACK') !== undefined, 'ACK');
  });

  test('a CANCEL before the echo goes out after it; a 200 that crosses is taken and ended', async () => {
    let invite: [Frame, string] | undefined;
    server.onsip = (frame) => {
      const transaction = server.take(frame);
      if (frame.start.startsWith('INVITE')) invite = [frame, transaction];
      if (frame.start.startsWith('CANCEL')) {
        server.respond(...invite!, '200 OK', { body: offer, dialogId: 'd;from-tag=u' });
      }
      if (frame.start.startsWith('BYE')) server.respond(frame, transaction, '200 OK', { dialogId: 'd;from-tag=u' });
    };
    const { seen, progress } = outcome();
    sip.call(request, progress).cancel('SIP;cause=200;text="Call completed elsewhere"');
    await until(() => seen.length === 1, 'over');
    expect(seen).toEqual([487]);
    await until(() => sipFrame('BYE') !== undefined, 'BYE');
    expect(sipFrame('CANCEL')?.tokens[2]).toBe(invite?.[1]);
    await until(() => sip.counts().dialogs === 0 && sip.counts().pending === 0, 'nothing left');
  });

  test('not sent is 503, in the same way as a refusal', async () => {
    server.onsip = (frame) => server.refuse(frame, 'requested protocol/transport not available');
    const { seen, progress } = outcome();
    sip.call(request, progress);
    await until(() => seen.length === 1, 'over');
    expect(seen).toEqual([503]);
  });
});
