// The whole product with SIP on a server of its own, reached by the drachtio protocol alone. Our edge stands in for the
// drachtio-server here, without its link: what the protocol cannot do is not there. Where SWITCHROOM_DRACHTIO_SERVER names
// the program of a real one, all of it runs on that, too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Edge, startEdge } from '../../edge/index.ts';
import { AsteriskEngine, hasAsterisk } from '../engines/asterisk-engine.ts';
import { DrachtioServer, hasDrachtioServer } from '../engines/drachtio-server.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;
let standIn: Edge | undefined;
let real: DrachtioServer | undefined;
let folder: string;
let asterisk: AsteriskEngine | undefined;

const stands: [kind: string, media: string, there: boolean][] = [
  ['stand-in', 'edge', true],
  // No edge runs then at all.
  ['stand-in', 'asterisk', hasAsterisk()],
];
if (hasDrachtioServer()) stands.push(['real one', 'edge', true], ['real one', 'asterisk', hasAsterisk()]);

describe.skipIf(!has('sipp')).each(stands)(
  'on a drachtio-server, %s (needs sipp), media %s',
  { timeout: 60_000 },
  (kind, media, there) => {
    if (!there) {
      test.skip('left out: no Asterisk is unpacked here (test/engines/asterisk/install.sh)', () => {});
      return;
    }
    beforeAll(async () => {
      asterisk = media === 'asterisk' ? await AsteriskEngine.start() : undefined;
      folder = mkdtempSync(join(tmpdir(), 'switchroom-drachtio-'));
      writeFileSync(join(folder, 'secret'), 'shared\n');
      standIn = undefined;
      real = undefined;
      if (kind === 'stand-in') {
        standIn = await startEdge({
          sip: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
          drachtio: { port: 0, secret: 'shared' },
          link: { listen: { host: '127.0.0.1', port: 0 }, secret: 'nobody knows' },
          log: pino({ level: 'silent' }),
          gap: { graceMs: 500 },
        });
      } else real = await DrachtioServer.start();
      floor = await Floor.open({
        env: {
          SWITCHROOM_DRACHTIO_HOSTS: `127.0.0.1:${standIn?.drachtio.port ?? real?.port}`,
          SWITCHROOM_DRACHTIO_SECRET_FILE: real?.secretFile ?? join(folder, 'secret'),
          SWITCHROOM_MEDIA: media,
          ...(asterisk && {
            SWITCHROOM_ASTERISK_HOSTS: `one=${asterisk.url};${asterisk.sip}`,
            SWITCHROOM_ASTERISK_SECRET_FILE: asterisk.secretFile,
          }),
        },
      });
    });
    afterEach(() => floor.tidy());
    afterAll(async () => {
      await floor?.close();
      await standIn?.stop();
      await real?.stop();
      await asterisk?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('callers reach it there, media is beside it, and a talk is as ever', async () => {
      expect(floor.product.sip).toBe(`127.0.0.1:${standIn?.sip[0]?.port ?? real?.sipPort}`);
      const line = await floor.line();
      const seat = await floor.seat([line.queue]);
      const caller = await floor.caller(line.number);
      await floor.answers(seat, caller.interaction);
      await floor.hearEachOther(caller.rtp, seat.rtp);
      await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/hold`);
      await floor.phase(caller.interaction, 'held');
      await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/resume`);
      await floor.phase(caller.interaction, 'talking');
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), seat.sipp.done()]);
      const record = await floor.record(caller.interaction);
      expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'customer' });
      await floor.free(seat.agent);
      await floor.nothingLeft();
      expect((await asterisk?.channels()) ?? 0).toBe(0);
    });

    test('a server that dies takes its calls along: their records say so, the agent is free, new calls come in', async () => {
      const line = await floor.line();
      const seat = await floor.seat([line.queue]);
      const caller = await floor.caller(line.number);
      await floor.answers(seat, caller.interaction);
      const { server } = floor.product.pids;
      floor.product.kill('server');
      await until(() => ![0, server].includes(floor.product.pids.server), 'a new server');
      // Both get BYE: by the stand-in, as nobody has come back for them, or by the next server.
      await Promise.all([caller.sipp.message('BYE'), seat.sipp.message('BYE')]);
      await until(async () => {
        const record = await floor.product
          .ask<{ endedAt?: string; endedBy?: string }>('GET', `/interactions/${caller.interaction}`)
          .catch(() => undefined);
        return record?.status === 200 && record.body.endedAt !== undefined && record.body.endedBy === 'network';
      }, 'the record is complete');
      await floor.free(seat.agent);
      const next = await floor.caller('95500');
      await next.sipp.tell('HANGUP');
      await next.sipp.done();
      await floor.nothingLeft();
      await until(async () => ((await asterisk?.channels()) ?? 0) === 0, 'Asterisk has let go of what was left behind');
    });

    test.skipIf(kind === 'stand-in')(
      'a real one that dies and is started again: records end, agents are free, Asterisk keeps nothing',
      async () => {
        if (!real) throw new Error('no drachtio-server was started');
        const line = await floor.line();
        const seat = await floor.seat([line.queue]);
        const caller = await floor.caller(line.number);
        await floor.answers(seat, caller.interaction);
        await real.kill();
        await real.run();
        expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'network' });
        await floor.free(seat.agent);
        await until(async () => ((await asterisk?.channels()) ?? 0) === 0, 'Asterisk has let go of the call');
        await floor.nothingLeft();
        const next = await floor.caller('95500');
        await next.sipp.tell('HANGUP');
        await next.sipp.done();
        await floor.nothingLeft();
      },
    );
  },
);
