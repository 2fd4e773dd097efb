import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { attachmentsOf } from '../../../sidecar/attachments.ts';
import { typeOf } from '../../../sidecar/magic.ts';
import { scan } from '../../../sidecar/scan.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

describe('what bytes are', () => {
  test.each([
    [png, 'image/jpeg', 'image/png', 'image'],
    [Buffer.from('#!AMR\n....'), undefined, 'audio/amr', 'voice'],
    [Buffer.from('\x02#!SILK_V3....', 'latin1'), 'audio/amr', 'audio/silk', 'voice'],
    [
      Buffer.from('PK\x03\x04....'),
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      undefined,
      'file',
    ],
    [Buffer.from('PK\x03\x04....'), 'image/png', 'application/zip', 'file'],
    [Buffer.from('MZ\x90\x00', 'latin1'), 'image/png', 'application/x-msdownload', 'file'],
    [Buffer.from('hello'), 'text/csv; charset=utf-8', 'text/csv', 'file'],
    [Buffer.from('hello'), 'image/png', 'text/plain', 'file'],
    [Buffer.from([0, 1, 2]), 'text/plain', 'application/octet-stream', 'file'],
  ] as const)('%s, called %s', (bytes, claimed, mime, kind) => {
    expect(typeOf(bytes, claimed)).toEqual({ mime: mime ?? claimed, kind });
  });
});

describe('the virus scan', () => {
  let clamd: Server | undefined;
  afterEach(() => clamd?.close());

  /** clamd by its protocol: reads the pieces, answers what the test wants. */
  async function fakeClamd(answer: (bytes: Buffer) => string): Promise<string> {
    clamd = createServer((socket) => {
      let got = Buffer.alloc(0);
      socket.on('error', () => socket.destroy());
      socket.on('data', (part: Buffer) => {
        got = Buffer.concat([got, part]);
        const command = Buffer.from('zINSTREAM\0');
        if (!got.subarray(0, command.length).equals(command)) return;
        const parts: Buffer[] = [];
        for (let at = command.length; at + 4 <= got.length; ) {
          const size = got.readUInt32BE(at);
          if (size === 0) {
            socket.end(answer(Buffer.concat(parts)));
            return;
          }
          if (at + 4 + size > got.length) return;
          parts.push(got.subarray(at + 4, at + 4 + size));
          at += 4 + size;
        }
      });
    });
    clamd.listen(0, '127.0.0.1');
    await once(clamd, 'listening');
    const address = clamd.address();
    return `tcp:127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  test('by clamd: clean, found, and an answer that is none', async () => {
    const bytes = Buffer.alloc(200_000, 7);
    let got = 0;
    const clean = await fakeClamd((all) => {
      got = all.length;
      return 'stream: OK\0';
    });
    expect(await scan(bytes, { clamd: clean })).toBeUndefined();
    expect(got).toBe(200_000);
    clamd?.close();
    expect(await scan(bytes, { clamd: await fakeClamd(() => 'stream: Eicar-Test FOUND\0') })).toBe('Eicar-Test');
    clamd?.close();
    const strange = await fakeClamd(() => 'INSTREAM size limit exceeded. ERROR\0');
    await expect(scan(bytes, { clamd: strange })).rejects.toMatchObject({ code: 'scan-failed' });
  });

  test('by a command; one that cannot be run is no yes', async () => {
    const script = (code: number) => [
      process.execPath,
      '-e',
      `process.stdin.resume().on("end",()=>{console.log("Bad.Thing");process.exit(${code})})`,
    ];
    expect(await scan(Buffer.from('x'), { command: script(0) })).toBeUndefined();
    expect(await scan(Buffer.from('x'), { command: script(1) })).toBe('Bad.Thing');
    await expect(scan(Buffer.from('x'), { command: script(2) })).rejects.toMatchObject({ code: 'scan-failed' });
    await expect(scan(Buffer.from('x'), { command: ['/no/such/scanner'] })).rejects.toMatchObject({
      code: 'scan-failed',
    });
  });

  test('what it finds is refused, and what is too large is, before it is all read', async () => {
    const kept: string[] = [];
    const server = {
      keep: async (query: Record<string, string>) => {
        kept.push(query.key ?? '');
        return { id: 'a', kind: 'image' as const, mime: 'image/png', bytes: 1, sha256: 'a'.repeat(64) };
      },
      open: async () => Buffer.alloc(0),
    };
    const settings = { mostBytes: 100, types: ['image/*'], scan: {} };
    const about = { key: 'k', kind: 'image' as const };
    const keep = attachmentsOf('test', server, settings).keep;
    await keep(png, about);
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        yield png;
      }
    }
    await expect(keep(endless(), about)).rejects.toMatchObject({ code: 'attachment-refused' });
    expect(given).toBeLessThan(10);
    await expect(keep(Buffer.alloc(0), about)).rejects.toMatchObject({ code: 'attachment-refused' });
    const found = { ...settings, scan: { command: [process.execPath, '-e', 'process.exit(1)'] } };
    await expect(attachmentsOf('test', server, found).keep(png, about)).rejects.toMatchObject({
      code: 'attachment-refused',
    });
    expect(kept).toEqual(['k']);
  });
});
