import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AppDialog,
  type AppRequest,
  type AppResponse,
  accept,
  Bench,
  destroyed,
  fast,
  on,
  until,
} from './bench.ts';
import { sdp } from './sip-peer.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

/** An app that answers every call; gives the dialogs in order. */
async function answering(options: { headers?: Record<string, string> } = {}): Promise<() => Promise<AppDialog>> {
  const srf = await bench.app();
  const dialogs: AppDialog[] = [];
  on(srf, 'invite', (req, res) => {
    accept(srf, req, res, { localSdp: sdp, ...options }).then(
      (dialog) => dialogs.push(dialog),
      () => undefined,
    );
  });
  return async () => {
    await until(() => dialogs.length > 0, 'the app has a dialog');
    return dialogs.shift() as AppDialog;
  };
}

describe.each(['udp', 'tcp'] as const)('over %s', (protocol) => {
  test('a call is answered, acknowledged and ended by the caller', async () => {
    const next = await answering({ headers: { 'X-Uas': 'yes' } });
    const peer = await bench.peer(protocol);
    const call = peer.call('uas1');
    const answer = await call.establish();
    expect(answer.header('X-Uas')).toBe('yes');
    const port = bench.port(protocol);
    const contact = protocol === 'udp' ? `<sip:127.0.0.1:${port}>` : `<sip:127.0.0.1:${port};transport=tcp>`;
    expect(answer.header('Contact')).toBe(contact);
    expect(answer.header('To')).toMatch(/;tag=.+/);
    expect(answer.body).toBe(sdp);
    expect(peer.count(100)).toBe(0);
    const dialog = await next();
    expect(dialog.id).toBe(call.dialogId);
    const over = destroyed(dialog);
    await call.bye();
    expect(await over).toBe('normal release');
    expect(bench.edge.counts().dialogs).toBe(0);
  });

  test('the app hangs up', async () => {
    const next = await answering();
    const peer = await bench.peer(protocol);
    const call = peer.call('hang1');
    await call.establish();
    const dialog = await next();
    const sent = dialog.destroy();
    const bye = await peer.expect('BYE');
    expect(bye.text).toMatch(new RegExp(`^BYE sip:caller@127\\.0\\.0\\.1:${peer.port}`));
    expect(bye.header('From')).toBe(call.to);
    expect(bye.header('To')).toBe(call.from);
    expect(bye.cseq).toBe('2 BYE');
    peer.respond(bye, '200 OK');
    await sent;
    await until(() => bench.edge.counts().dialogs === 0, 'the dialog is gone');
  });
});

test('a BYE of the app waits for the ACK', async () => {
  const next = await answering();
  const peer = await bench.peer();
  const call = peer.call('quick');
  call.invite();
  await call.answered();
  const sent = (await next()).destroy();
  await peer.expect(200, (one) => one.cseq.endsWith('INVITE')); // the 2xx again: half a second has gone by
  expect(peer.count('BYE')).toBe(0);
  call.ack();
  peer.respond(await peer.expect('BYE'), '200 OK');
  await sent;
});

test('CANCEL before the app said a word', async () => {
  const srf = await bench.app();
  const cancelled = new Promise<string>((resolve) => {
    on(srf, 'invite', (req) => {
      req.on('cancel', (cancel: AppRequest) => resolve(String(cancel.get('Reason'))));
      call.cancel();
    });
  });
  const peer = await bench.peer();
  const call = peer.call('never1');
  call.invite();
  expect((await peer.expect(200)).cseq).toBe('1 CANCEL');
  call.ackFailure(await peer.expect(487));
  expect(await cancelled).toBe('SIP;cause=487;text="gone"');
  expect(bench.edge.counts()).toMatchObject({ dialogs: 0, pending: 0 });
});

test('CANCEL while it rings; the late 487 of the app does no harm', async () => {
  const srf = await bench.app();
  const refused = new Promise<unknown>((resolve) => {
    on(srf, 'invite', (req, res) => {
      req.on('cancel', () => res.send(487, {}, (error: unknown) => resolve(error)));
      res.send(180);
    });
  });
  const peer = await bench.peer();
  const call = peer.call('slow2');
  call.invite();
  const ringing = await peer.expect(180);
  expect(ringing.header('To')).toMatch(/;tag=/);
  call.cancel();
  await peer.expect(200, (one) => one.cseq === '1 CANCEL');
  const over = await peer.expect(487);
  expect(over.header('To')).toBe(ringing.header('To'));
  call.ackFailure(over);
  expect(await refused).toMatch(/unknown transaction/);
  expect(bench.edge.counts().dialogs).toBe(0);
});

test('CANCEL after the answer changes nothing', async () => {
  const next = await answering();
  const peer = await bench.peer();
  const call = peer.call('late');
  await call.establish();
  await next();
  call.cancel();
  expect((await peer.expect(200, (one) => one.cseq === '1 CANCEL')).what).toBe(200);
  expect(bench.edge.counts().dialogs).toBe(1);
  await call.bye();
});

test('BYE of the caller while it rings ends the INVITE', async () => {
  const srf = await bench.app();
  const cancelled = new Promise<void>((resolve) => {
    on(srf, 'invite', (req, res) => {
      req.on('cancel', () => resolve());
      res.send(180);
    });
  });
  const peer = await bench.peer();
  const call = peer.call('impatient');
  call.invite();
  call.to = (await peer.expect(180)).header('To') ?? '';
  call.send('BYE');
  await peer.expect(200, (one) => one.cseq.endsWith('BYE'));
  await peer.expect(487);
  await cancelled;
});

test('a caller whose connection is gone while it rings has hung up, and nothing is kept of the call', async () => {
  const srf = await bench.app();
  const rings: [AppRequest, AppResponse][] = [];
  on(srf, 'invite', (req, res) => rings.push([req, res]));
  const peer = await bench.peer('tcp');
  const call = peer.call('uas1');
  call.invite();
  await until(() => rings.length === 1, 'the app has the call');
  const [req, res] = rings[0] as [AppRequest, AppResponse];
  const cancels: AppRequest[] = [];
  req.on('cancel', (cancel) => cancels.push(cancel));
  peer.close();
  await until(() => {
    if (cancels.length === 0) res.send(180);
    return cancels.length > 0;
  }, 'the app is told');
  expect(cancels.map((cancel) => cancel.get('call-id'))).toEqual([call.callId]);
  const late = new Promise((resolve) => res.send(200, { body: sdp }, resolve));
  expect(String(await late)).toContain('unknown transaction');
  expect(bench.edge.counts()).toMatchObject({ dialogs: 0, server: 0 });
  // The same INVITE by another path: 482 while the first is known.
  const back = await bench.peer('tcp');
  back.send(call.request('INVITE', { seq: 1 }));
  await until(() => rings.length === 2, 'the app has it anew');
  expect(back.count(482)).toBe(0);
});

test('busy: no ACK reaches the app, and the dialog id is in the echo', async () => {
  const srf = await bench.app();
  const echo = new Promise<AppResponse>((resolve) => {
    on(srf, 'invite', (_req, res) => {
      res.send(486, {}, () => resolve(res));
    });
  });
  const peer = await bench.peer();
  const call = peer.call('busy1');
  call.invite();
  call.ackFailure(await peer.expect(486));
  expect((await echo).stackDialogId).toBe(call.dialogId);
});

test('no app: 503 with Retry-After', async () => {
  const peer = await bench.peer();
  peer.call('nobody').invite();
  const refusal = await peer.expect(503);
  expect(Number(refusal.header('Retry-After'))).toBeGreaterThan(0);
  peer.call('nobody').send('OPTIONS');
  await peer.expect(503, (one) => one.cseq.endsWith('OPTIONS'));
});

test('an app that routed other methods does not get INVITE', async () => {
  const srf = await bench.app();
  on(srf, 'options', (_req, res) => res.send(200));
  const peer = await bench.peer();
  peer.call('x').send('OPTIONS');
  await peer.expect(200);
  peer.call('x').invite();
  await peer.expect(503);
});

test('delayed offer: the body of the ACK reaches the app', async () => {
  const next = await answering();
  const peer = await bench.peer();
  const call = peer.call('late-offer', { body: '' });
  call.invite();
  await call.answered();
  const dialog = await next();
  const acked = new Promise<string>((resolve) => dialog.once('ack', (ack: AppRequest) => resolve(ack.body)));
  call.ack(sdp);
  expect(await acked).toBe(sdp);
  await call.bye();
});

test('nobody acknowledges the answer: it is repeated, then BYE, and the app is told', async () => {
  await bench.close();
  bench = await Bench.open({ timing: fast });
  const next = await answering();
  const peer = await bench.peer();
  const call = peer.call('silent');
  call.invite();
  await call.answered();
  const over = destroyed(await next());
  const bye = await peer.expect('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=200;text="ACK timeout"');
  peer.respond(bye, '200 OK');
  expect(await over).toBe('ACK timeout');
  expect(peer.received.filter((one) => one.what === 200 && one.cseq === '1 INVITE').length).toBeGreaterThan(5);
});

test('a reliable provisional response is repeated until its PRACK, and the answer waits for it', async () => {
  const srf = await bench.app();
  let pracked = false;
  on(srf, 'invite', (req, res) => {
    res.send(
      183,
      { body: sdp, headers: { Require: '100rel' } },
      () => undefined,
      () => {
        pracked = true;
      },
    );
    void accept(srf, req, res, { localSdp: sdp });
  });
  const peer = await bench.peer();
  const call = peer.call('rel1', { headers: 'Supported: 100rel' });
  call.invite();
  const first = await peer.expect(183);
  expect(first.header('Require')).toBe('100rel');
  const again = await peer.expect(183);
  expect(again.header('RSeq')).toBe(first.header('RSeq'));
  expect(peer.count(200)).toBe(0);
  call.to = first.header('To') ?? '';
  call.send('PRACK', { headers: `RAck: ${first.header('RSeq')} 1 INVITE` });
  await peer.expect(200, (one) => one.cseq.endsWith('PRACK'));
  call.seq = 1;
  await call.answered();
  call.ack();
  expect(pracked).toBe(true);
  call.seq = 2;
  await call.bye();
});

test('a reliable provisional response that nobody acknowledges ends the call for the app, too, and nothing is kept', async () => {
  await bench.close();
  bench = await Bench.open({ timing: fast });
  const srf = await bench.app();
  const cancelled: string[] = [];
  on(srf, 'invite', (req, res) => {
    req.on('cancel', (cancel) => cancelled.push(cancel.get('call-id')));
    res.send(183, { body: sdp, headers: { Require: '100rel' } });
  });
  const peer = await bench.peer();
  const call = peer.call('rel2', { headers: 'Supported: 100rel' });
  call.invite();
  await peer.expect(504);
  await until(() => cancelled.length > 0, 'the app is told');
  expect(cancelled).toEqual([call.callId]);
  // Nobody acknowledges the 504 either; when its transaction is over, the same INVITE would be a new one.
  await until(() => bench.edge.counts().server === 0, 'the transaction is over');
  call.send('INVITE', { seq: 1, body: sdp, headers: 'Supported: 100rel' });
  await peer.expect(183, (one) => one.header('RSeq') !== undefined && !one.text.includes(call.branch));
  expect(peer.count(482)).toBe(0);
});

test('a reliable response towards a caller without 100rel is refused to the app', async () => {
  const srf = await bench.app();
  const refusal = new Promise<unknown>((resolve) => {
    on(srf, 'invite', (_req, res) => {
      res.send(183, { headers: { Require: '100rel' } }, (error: unknown) => {
        resolve(error);
        res.send(486);
      });
    });
  });
  const peer = await bench.peer();
  const call = peer.call('rel2');
  call.invite();
  expect(await refusal).toBe('Remote endpoint does not support 100rel');
  call.ackFailure(await peer.expect(486));
});

test('what is not supported is refused as the RFC says', async () => {
  const next = await answering();
  const peer = await bench.peer();
  peer.call('x').send('JUMP');
  const unknown = await peer.expect(501);
  expect(unknown.header('Allow')).toContain('INVITE');
  peer.call('x').send('REFER', { headers: 'Refer-To: <sip:y@127.0.0.1>' });
  expect((await peer.expect(405)).header('Allow')).toContain('INVITE');
  peer.call('x', { headers: 'Require: precondition' }).invite();
  expect((await peer.expect(420)).header('Unsupported')).toBe('precondition');
  peer.call('x').send('BYE');
  await peer.expect(481);
  peer.call('x', { headers: 'Supported: timer\r\nSession-Expires: 30' }).invite();
  expect((await peer.expect(422)).header('Min-SE')).toBe('90');
  const call = peer.call('x');
  await call.establish();
  await next();
  call.to += 'x';
  call.send('INFO');
  await peer.expect(481, (one) => one.cseq.endsWith('INFO'));
});

test('two requests with the same Call-ID, tag and CSeq by two paths are one call', async () => {
  const srf = await bench.app();
  let seen = 0;
  on(srf, 'invite', (_req, res) => {
    seen++;
    res.send(180);
  });
  const peer = await bench.peer();
  const call = peer.call('forked');
  call.invite();
  await peer.expect(180);
  call.send('INVITE', { seq: 1, body: sdp });
  await peer.expect(482);
  expect(seen).toBe(1);
  call.cancel();
  await peer.expect(487);
});
