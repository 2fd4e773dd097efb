// The requests that a client transaction makes of its own INVITE: they go hop by hop and copy what identifies it.
import { SipMessage } from '../message/index.ts';

/** The ACK to a response of 300 or more (RFC 3261 §17.1.1.3). */
export function ackTo(invite: SipMessage, response: SipMessage): SipMessage {
  const ack = hopRequest(invite, 'ACK');
  const to = response.headers.get('To');
  if (to !== undefined) ack.headers.set('To', to);
  return ack;
}

/** The CANCEL of an INVITE (RFC 3261 §9.1). */
export function cancelOf(invite: SipMessage, headers: readonly (readonly [name: string, value: string])[]): SipMessage {
  const cancel = hopRequest(invite, 'CANCEL');
  for (const [name, value] of headers) cancel.headers.add(name, value);
  return cancel;
}

function hopRequest(invite: SipMessage, method: string): SipMessage {
  const request = SipMessage.request(method, invite.uri);
  const { headers } = request;
  const via = invite.headers.get('Via');
  if (via !== undefined) headers.add('Via', via); // ours is alone on its line
  headers.add('Max-Forwards', '70');
  headers.copy('Route', invite.headers);
  headers.copy('From', invite.headers);
  headers.copy('To', invite.headers);
  headers.copy('Call-ID', invite.headers);
  headers.add('CSeq', `${invite.cseq.number} ${method}`);
  return request;
}
