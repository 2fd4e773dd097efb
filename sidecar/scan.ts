// Bytes of strangers pass a virus scanner before anybody sees them: clamd by its INSTREAM command (clamd(8)), and/or a command
// that reads them from its standard input and ends with 0 (clean) or 1 (found).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { failed } from './errors.ts';

export interface ScanSettings {
  /** `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`. */
  clamd?: string | undefined;
  command?: string[] | undefined;
  timeoutMs?: number | undefined;
}

/** @returns undefined where nothing was found, else what @throws scan-failed: nobody knows, so that it must be asked again */
export async function scan(bytes: Uint8Array, settings: ScanSettings): Promise<string | undefined> {
  const { clamd, command, timeoutMs = 60_000 } = settings;
  try {
    if (clamd !== undefined) {
      const found = await byClamd(bytes, clamd, timeoutMs);
      if (found !== undefined) return found;
    }
    return command === undefined ? undefined : await byCommand(bytes, command, timeoutMs);
  } catch (cause) {
    throw failed['scan-failed']({ reason: (cause as Error).message }, { cause });
  }
}

const piece = 64 * 1024;

async function byClamd(bytes: Uint8Array, where: string, timeoutMs: number): Promise<string | undefined> {
  const unix = /^unix:(.+)$/.exec(where)?.[1];
  const tcp = /^tcp:\[?([^\]]+)\]?:(\d+)$/.exec(where);
  const socket = unix ? connect(unix) : connect(Number(tcp?.[2]), tcp?.[1]);
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    socket.write('zINSTREAM\0');
    for (let at = 0; at < bytes.length; at += piece) {
      const part = bytes.subarray(at, at + piece);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(part.length);
      socket.write(size);
      if (!socket.write(part)) await once(socket, 'drain');
    }
    socket.write(Buffer.alloc(4));
    let answer = '';
    for await (const part of socket) {
      answer += String(part);
      if (answer.includes('\0') || answer.length > 4_096) break;
    }
    const text = answer.replace(/\0.*$/s, '').trim();
    if (/^stream: OK$/.test(text)) return undefined;
    const found = /^stream: (.+) FOUND$/.exec(text)?.[1];
    if (found !== undefined) return found;
    throw new Error(text === '' ? 'clamd closed the connection' : `clamd says: ${text}`);
  } finally {
    socket.destroy();
  }
}

async function byCommand(
  bytes: Uint8Array,
  [program = '', ...args]: string[],
  timeoutMs: number,
): Promise<string | undefined> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs });
  let said = '';
  child.stdout.on('data', (part: Buffer) => {
    if (said.length < 1_000) said += String(part);
  });
  // One that does not read to the end breaks the pipe; how it ended is what counts.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(bytes);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return undefined;
  if (code === 1) return said.trim().split('\n')[0] || 'something';
  throw new Error(`${program} ended with ${code ?? signal}`);
}
