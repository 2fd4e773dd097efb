import type { Received, SipPeer } from '../unit/edge/drachtio/sip-peer.ts';

/** The dialog of a phone that was called, seen from it. */
export class CalledDialog {
  readonly phone: SipPeer;
  readonly invite: Received;
  #seq = 100;

  constructor(phone: SipPeer, invite: Received) {
    this.phone = phone;
    this.invite = invite;
  }

  send(method: string, more: { headers?: string; body?: string; seq?: number } = {}): void {
    const { phone, invite } = this;
    const target = /<([^>]+)>/.exec(invite.header('Contact') ?? '')?.[1];
    const body = more.body ?? '';
    phone.send(
      [
        `${method} ${target} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${phone.port};branch=${phone.branch()};rport`,
        `From: ${invite.header('To')};tag=peer${phone.port}`,
        `To: ${invite.header('From')}`,
        `Call-ID: ${invite.callId}`,
        `CSeq: ${more.seq ?? ++this.#seq} ${method}`,
        `Contact: <sip:1001@127.0.0.1:${phone.port}>`,
        'Max-Forwards: 70',
        ...(more.headers === undefined ? [] : [more.headers]),
        ...(body === '' || more.headers?.includes('Content-Type') ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    );
  }

  /** Tags as a Replaces header of another request names this dialog (RFC 3891). */
  get replaces(): string {
    const theirs = /tag=([^;>\s]+)/.exec(this.invite.header('From') ?? '')?.[1];
    return `${this.invite.callId};to-tag=${theirs};from-tag=peer${this.phone.port}`;
  }

  get lastSeq(): number {
    return this.#seq;
  }
}
