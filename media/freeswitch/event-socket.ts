// A short talk with FreeSWITCH's event socket: logs in, asks one thing, leaves. Before drachtio-fsmrf connects, because that
// one ends the process where the profile is missing; and for `switchroom doctor`.
import { connect } from 'node:net';

export interface EventSocketAddress {
  host: string;
  port: number;
  secret: string;
}

/**
 * Answers one API command: `sofia status` …
 * @throws an Error with a sentence for people: unreachable, wrong password, refused by its access list, no answer
 */
export function askEventSocket(address: EventSocketAddress, command: string, withinMs = 3_000): Promise<string> {
  const { host, port, secret } = address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end(new Error(`${host}:${port} does not answer`)), withinMs);
    let text = '';
    const end = (result: Error | string) => {
      clearTimeout(timer);
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const take = (type: string, head: string, body: string) => {
      if (type === 'auth/request') socket.write(`auth ${secret}\n\n`);
      else if (type === 'command/reply') {
        if (/Reply-Text: \+OK/.test(head)) socket.write(`api ${command}\n\n`);
        else end(new Error('the password is wrong'));
      } else if (type === 'api/response') end(body);
      else if (type === 'text/rude-rejection') end(new Error('its access list does not let us in'));
    };
    socket.setEncoding('utf8');
    socket.on('error', (error) => end(new Error(`${host}:${port} cannot be reached: ${error.message}`)));
    socket.on('close', () => end(new Error(`${host}:${port} closed the connection`)));
    socket.on('data', (piece: string) => {
      text += piece;
      for (;;) {
        const blank = text.indexOf('\n\n');
        if (blank < 0) return;
        const head = text.slice(0, blank);
        const length = Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0);
        const bytes = Buffer.from(text.slice(blank + 2));
        if (bytes.length < length) return;
        text = bytes.subarray(length).toString();
        take(/^Content-Type: (.+)$/m.exec(head)?.[1] ?? '', head, bytes.subarray(0, length).toString());
      }
    });
  });
}

/** `192.0.2.5:5080`, where the profile takes SIP, out of what `sofia status` says; undefined: there is no such profile. */
export function profileAddress(sofiaStatus: string, profile: string): string | undefined {
  return new RegExp(`^\\s*${profile}\\s.*sip:mod_sofia@((?:[0-9]{1,3}\\.){3}[0-9]{1,3}:\\d+)`, 'm').exec(
    sofiaStatus,
  )?.[1];
}
