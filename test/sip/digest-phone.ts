// What a phone does that proves who it is: answers to challenges, and calls that it places.
import { createHash } from 'node:crypto';
import { type Received, type SipPeer, sdp } from '../unit/edge/drachtio/sip-peer.ts';
import { realm, type Stage } from './stage.ts';

export const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** An answer to a challenge, worked out here and not by the code under test. */
export function authorization(
  answer: Received,
  header: 'WWW-Authenticate' | 'Proxy-Authenticate',
  {
    method,
    uri,
    user,
    secret,
    algorithm = 'MD5',
    nc = 1,
  }: { method: string; uri: string; user: string; secret: string; algorithm?: 'MD5' | 'SHA-256'; nc?: number },
): string {
  const line = answer.text
    .split('\r\n')
    .find((one) => one.startsWith(`${header}:`) && one.includes(`algorithm=${algorithm}`));
  const nonce = /nonce="([^"]+)"/.exec(line ?? '')?.[1];
  const hash = algorithm === 'MD5' ? md5 : sha256;
  const count = nc.toString(16).padStart(8, '0');
  const response = hash(`${hash(`${user}:${realm}:${secret}`)}:${nonce}:${count}:abc:auth:${hash(`${method}:${uri}`)}`);
  const name = header === 'WWW-Authenticate' ? 'Authorization' : 'Proxy-Authorization';
  return `${name}: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=${algorithm}, qop=auth, nc=${count}, cnonce="abc"`;
}

/** An INVITE of an agent's phone, with its digest. */
export async function dialFrom(stage: Stage, peer: SipPeer, user: string, to: string): Promise<string> {
  const uri = `sip:${to}@127.0.0.1:${stage.port()}`;
  const callId = `own-${peer.port}-${to}`;
  const send = (seq: number, proof?: string) =>
    peer.send(
      [
        `INVITE ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${peer.branch()};rport`,
        `From: <sip:${user}@${realm}>;tag=own`,
        `To: <${uri}>`,
        `Call-ID: ${callId}`,
        `CSeq: ${seq} INVITE`,
        `Contact: <sip:${user}@127.0.0.1:${peer.port}>`,
        'Max-Forwards: 70',
        ...(proof ? [proof] : []),
        'Content-Type: application/sdp',
        `Content-Length: ${sdp.length}`,
        '',
        sdp,
      ].join('\r\n'),
    );
  send(1);
  const challenge = await peer.expect(407, (one) => one.callId === callId);
  send(2, authorization(challenge, 'Proxy-Authenticate', { method: 'INVITE', uri, user, secret: `secret-${user}` }));
  return callId;
}
