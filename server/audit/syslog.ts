// Copies audit records to a syslog collector: UDP (RFC 5426), TCP with counted octets (RFC 6587 §3.4.1) or TLS (RFC 5425).
// A cursor in the journal says how far it came: what the collector missed while it was away is sent when it is back. What a
// broken connection had on the way is lost or sent twice: syslog has no receipts.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Logger } from 'pino';
import type { SyslogSettings } from '../../config/index.ts';
import type { Journal } from '../journal/index.ts';
import type { AuditLog } from './audit-log.ts';
import { syslogMessage } from './syslog-message.ts';

const reader = 'audit-syslog';
const chunk = 100;
const connectMs = 5_000;
const longestWaitMs = 60_000;

export interface Syslog {
  stop(): Promise<void>;
}

export interface SyslogOptions {
  settings: SyslogSettings;
  log: AuditLog;
  journal: Journal & { readonly site: string };
  logger: Logger;
  /** First wait after a failure; doubled each time. Default 1 s. */
  retryMs?: number;
}

type Send = (message: string) => Promise<void>;

/** Begins to copy, with what was not sent yet: the first time, all that there is. */
export function openSyslog({ settings, log, journal, logger, retryMs = 1_000 }: SyslogOptions): Syslog {
  let cursor = journal.cursor(reader);
  let stopped = false;
  let line: { send: Send; close: () => void } | undefined;
  let wait = retryMs;
  let wake: (() => void) | undefined;
  const said = { facility: settings.facility, site: journal.site, pid: process.pid };

  const rest = (ms?: number): Promise<void> =>
    new Promise((done) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      wake = () => {
        if (ms !== undefined && !stopped) return;
        clearTimeout(timer);
        done();
      };
    });
  const stopListening = log.onMore(() => wake?.());

  const run = async (): Promise<void> => {
    while (!stopped) {
      const entries = log.after(cursor, chunk);
      if (entries.length === 0) {
        await rest();
        continue;
      }
      try {
        line ??= await open(settings);
        for (const entry of entries) {
          await line.send(syslogMessage(entry, said));
          cursor = entry.seq;
          journal.moveCursor(reader, cursor);
        }
        wait = retryMs;
      } catch (error) {
        line?.close();
        line = undefined;
        if (stopped) return;
        logger.warn(
          { err: error, host: settings.host, after: cursor, waitMs: wait },
          'the audit cannot be copied to syslog',
        );
        await rest(wait);
        wait = Math.min(wait * 2, longestWaitMs);
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      stopListening();
      wake?.();
      line?.close();
      await running;
    },
  };
}

async function open(settings: SyslogSettings): Promise<{ send: Send; close: () => void }> {
  return settings.protocol === 'udp' ? openUdp(settings) : openStream(settings);
}

async function openUdp({ host, port }: SyslogSettings): Promise<{ send: Send; close: () => void }> {
  const socket: UdpSocket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  // Nobody listening is told by ICMP, if at all; the send that follows reports it.
  socket.on('error', () => {});
  const connected = once(socket, 'connect');
  socket.connect(port, host);
  await connected;
  return {
    send: (message) => new Promise((done, fail) => socket.send(message, (error) => (error ? fail(error) : done()))),
    close: () => socket.close(),
  };
}

async function openStream({ host, port, protocol, ca }: SyslogSettings): Promise<{ send: Send; close: () => void }> {
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca) };
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket: Socket =
    protocol === 'tls'
      ? connectTls({ host, port, minVersion: 'TLSv1.2', ...trusted, ...name })
      : connect({ host, port });
  try {
    await once(socket, protocol === 'tls' ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(connectMs) });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  // A collector says nothing; what it says all the same is thrown away. An error closes, and the next send tells.
  socket.resume();
  socket.on('error', () => socket.destroy());
  return {
    send: (message) =>
      new Promise((done, fail) => {
        if (socket.destroyed) fail(new Error('the connection is closed'));
        else socket.write(`${Buffer.byteLength(message)} ${message}`, (error) => (error ? fail(error) : done()));
      }),
    close: () => socket.destroy(),
  };
}
