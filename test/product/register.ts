// Registers a phone with digest authentication, by two datagrams from the phone's own port: SIPp 3.6 takes the first
// challenge only, and that is SHA-256 (RFC 8760), which it cannot.
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type Algorithm = 'MD5' | 'SHA-256';

/** @param port the phone's; it is free again afterwards */
export async function register(
  edge: string,
  user: string,
  secret: string,
  port: number,
  algorithm: Algorithm,
): Promise<void> {
  const hash = (text: string) => createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex');
  const [host = '', edgePort = ''] = edge.split(':');
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const uri = `sip:${edge}`;
  const callId = randomBytes(8).toString('hex');
  const ask = async (cseq: number, more: string[]): Promise<string> => {
    const lines = [
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${randomBytes(6).toString('hex')}`,
      `From: <sip:${user}@${host}>;tag=${callId.slice(0, 6)}`,
      `To: <sip:${user}@${host}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} REGISTER`,
      `Contact: <sip:${user}@127.0.0.1:${port}>`,
      'Expires: 600',
      'Max-Forwards: 70',
      ...more,
      'Content-Length: 0',
      '',
      '',
    ];
    socket.send(lines.join('\r\n'), Number(edgePort), host);
    for (;;) {
      const [answer] = (await once(socket, 'message')) as [Buffer];
      if (!String(answer).startsWith('SIP/2.0 1')) return String(answer);
    }
  };
  try {
    const challenges = (await ask(1, [])).split('\r\n').filter((line) => /^www-authenticate:/i.test(line));
    const challenge = challenges.find((line) => line.includes(`algorithm=${algorithm}`));
    if (challenge === undefined) throw new Error(`no ${algorithm} challenge among ${challenges.join(' and ')}`);
    const part = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const [realm, nonce, opaque] = [part('realm'), part('nonce'), part('opaque')];
    const cnonce = randomBytes(8).toString('hex');
    const ha1 = hash(`${user}:${realm}:${secret}`);
    const response = hash(`${ha1}:${nonce}:00000001:${cnonce}:auth:${hash(`REGISTER:${uri}`)}`);
    const words = [
      `username="${user}"`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${uri}"`,
      `response="${response}"`,
      `algorithm=${algorithm}`,
      `cnonce="${cnonce}"`,
      'qop=auth',
      'nc=00000001',
      ...(opaque === '' ? [] : [`opaque="${opaque}"`]),
    ];
    const answer = await ask(2, [`Authorization: Digest ${words.join(', ')}`]);
    if (!answer.startsWith('SIP/2.0 200')) throw new Error(`not registered: ${answer.split('\r\n')[0]}`);
  } finally {
    socket.close();
  }
}
