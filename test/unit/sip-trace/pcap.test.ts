import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WireTraced } from '../../../link/index.ts';
import { pcapOf } from '../../../server/sip-trace/index.ts';

const hasTshark = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'tshark')));

const invite = (more = '') =>
  `INVITE sip:95500@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1\r\nFrom: <sip:1@h>;tag=1\r\nTo: <sip:95500@h>\r\nCall-ID: a@test\r\nCSeq: 1 INVITE\r\n${more}Content-Length: 0\r\n\r\n`;
const ok =
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1\r\nFrom: <sip:1@h>;tag=1\r\nTo: <sip:95500@h>;tag=2\r\nCall-ID: a@test\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n';
const message = (more: Partial<WireTraced>): WireTraced => ({
  at: 1_700_000_000_123,
  way: 'in',
  protocol: 'udp',
  localAddress: '192.0.2.1',
  localPort: 5060,
  remoteAddress: '192.0.2.9',
  remotePort: 5070,
  callId: 'a@test',
  bytes: invite(),
  ...more,
});

const six = { remoteAddress: '2001:db8::9', localAddress: 'fe80::1%eth0' };
const examples: WireTraced[] = [
  message({}),
  message({ way: 'out', bytes: ok, at: 1_700_000_000_456 }),
  message({ protocol: 'tcp', bytes: invite(`X-Long: ${'x'.repeat(70_000)}\r\n`) }),
  message({ protocol: 'tcp', way: 'out', bytes: ok }),
  message({ protocol: 'tcp', bytes: invite() }),
  message({ ...six }),
  message({ ...six, protocol: 'tcp', way: 'out', bytes: ok }),
  message({ protocol: 'wss', localPort: 8443 }),
  message({ localAddress: '::', bytes: invite('X-Odd: 1\r\n') }),
];

/** The packets of a capture file. */
function packetsOf(file: Buffer): { seconds: number; micros: number; frame: Buffer }[] {
  const found = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    expect(file.readUInt32LE(at + 12)).toBe(length);
    found.push({
      seconds: file.readUInt32LE(at),
      micros: file.readUInt32LE(at + 4),
      frame: file.subarray(at + 16, at + 16 + length),
    });
    at += 16 + length;
  }
  return found;
}

describe('a capture file', () => {
  it('is one of libpcap 2.4 with Ethernet frames; without messages, its head alone', () => {
    expect(pcapOf([]).toString('hex')).toBe('d4c3b2a1020004000000000000000000000004000100' + '0000');
  });

  it('puts Ethernet, IPv4 and UDP around a message, byte by byte', () => {
    const [packet] = packetsOf(pcapOf([message({ bytes: 'hi' })]));
    expect(packet).toMatchObject({ seconds: 1_700_000_000, micros: 123_000 });
    const { frame } = packet!;
    expect(frame.subarray(12, 14).toString('hex')).toBe('0800');
    // 20 + 8 + 2 bytes from .9 to .1, TTL 64, UDP; the checksums computed by hand.
    expect(frame.subarray(14, 34).toString('hex')).toBe('4500001e000000004011f6c4c0000209c0000201');
    expect(frame.subarray(34, 42).toString('hex')).toBe('13ce13c4000aebd3');
    expect(frame.subarray(42).toString()).toBe('hi');
  });

  it('counts the bytes of a TCP stream in both directions, and cuts what is too long for one packet', () => {
    const frames = packetsOf(pcapOf(examples.slice(2, 5))).map(({ frame }) => frame.subarray(34));
    const long = examples[2]!.bytes.length;
    expect(frames.map((tcp) => [tcp.readUInt32BE(4), tcp.readUInt32BE(8)])).toEqual([
      [1, 1],
      [60_001, 1],
      [1, 1 + long],
      [1 + long, 1 + ok.length],
    ]);
  });

  it.skipIf(!hasTshark)(
    'is read by Wireshark: SIP in every message, no wrong checksum, nothing missing (needs tshark)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'switchroom-pcap-'));
      try {
        const file = join(folder, 'a.pcap');
        writeFileSync(file, pcapOf(examples));
        const checks = ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum'].flatMap((one) => [
          '-o',
          `${one}:TRUE`,
        ]);
        const fields = [
          '_ws.col.Protocol',
          'sip.Method',
          'sip.Status-Code',
          'ip.checksum.status',
          'udp.checksum.status',
          'tcp.checksum.status',
          'tcp.analysis.flags',
          '_ws.malformed',
        ];
        const text = execFileSync(
          'tshark',
          ['-r', file, ...checks, '-T', 'fields', '-E', 'separator=,', ...fields.flatMap((one) => ['-e', one])],
          { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
        );
        expect(text.trimEnd().split('\n')).toEqual([
          'SIP,INVITE,,1,1,,,',
          'SIP,,200,1,1,,,',
          'TCP,,,1,,1,,',
          'SIP,INVITE,,1,,1,,',
          'SIP,,200,1,,1,,',
          'SIP,INVITE,,1,,1,,',
          'SIP,INVITE,,,1,,,',
          'SIP,,200,,,1,,',
          'SIP,INVITE,,1,,1,,',
          'SIP,INVITE,,1,1,,,',
        ]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
