// Apps that leave things undone: nothing may stay in the edge for ever because of them.
import { afterEach, expect, test } from 'vitest';
import { type AppDialog, type AppRequest, type AppResponse, Bench, fast, on, until } from './bench.ts';
import { sdp } from './sip-peer.ts';

let bench: Bench;
afterEach(() => bench.close());

/** Sends an INVITE from the app and gives its final answer to `answered`. */
function invite(srf: object, uri: string, answered: (response: AppResponse, ack: () => void) => void): void {
  const requests = srf as {
    request(uri: string, options: object, sent: (error: unknown, request: AppRequest) => void): void;
  };
  requests.request(
    uri,
    { method: 'INVITE', body: sdp, headers: { 'Content-Type': 'application/sdp' } },
    (_error, request) => {
      request.on('response', answered);
    },
  );
}

test('an INVITE that its app never says a word about is refused', async () => {
  bench = await Bench.open({ inviteSilenceMs: 100 });
  const srf = await bench.app();
  const seen = new Promise<AppResponse>((resolve) => on(srf, 'invite', (_request, response) => resolve(response)));
  const peer = await bench.peer();
  peer.call('silent').invite();
  const response = await seen;
  expect((await peer.expect(480)).cseq).toMatch(/INVITE/);
  expect(bench.edge.counts()).toMatchObject({ pending: 0, dialogs: 0 });
  const late = await new Promise((resolve) => response.send(200, { body: sdp }, resolve));
  expect(String(late)).toContain('unknown transaction');
});

test('who answered an INVITE that its app does not acknowledge gets ACK and BYE', async () => {
  bench = await Bench.open({ timing: fast });
  const srf = await bench.app();
  const peer = await bench.peer();
  invite(srf, `sip:x@127.0.0.1:${peer.port}`, () => undefined);
  const request = await peer.expect('INVITE');
  peer.respond(request, '200 OK', { body: sdp });
  await peer.expect('ACK');
  peer.respond(await peer.expect('BYE'), '200 OK');
  await until(() => bench.edge.counts().dialogs === 0, 'no dialog');
});

test('a call whose later INVITE was declined outlives its server', async () => {
  bench = await Bench.open();
  const srf = await bench.app(['epoch-1']);
  const peer = await bench.peer();
  const uac = srf as unknown as { createUAC(uri: string, options: object): Promise<AppDialog> };
  const called = uac.createUAC(`sip:x@127.0.0.1:${peer.port}`, { localSdp: sdp });
  peer.respond(await peer.expect('INVITE'), '200 OK', { body: sdp });
  await peer.expect('ACK');
  const dialog = await called;
  const declined = dialog.modify(sdp).catch((error: { status: number }) => error.status);
  peer.respond(await peer.expect('INVITE'), '488 Not Acceptable Here');
  expect(await declined).toBe(488);
  bench.drop(srf);
  // The edge hears of the end of the connection before it greets the next one.
  await bench.app(['epoch-2']);
  expect(bench.edge.counts().dialogs).toBe(1);
});
