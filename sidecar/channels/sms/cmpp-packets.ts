// Bodies of CMPP packets, 2.0 and 3.0. The two differ in the size of numbers (21 or 32), of results (1 byte or 4) and in the
// last field. Sizes as in the specification of China Mobile.
import { createHash, timingSafeEqual } from 'node:crypto';
import { OctetReader, OctetWriter } from './octets.ts';

export type CmppVersion = '2.0' | '3.0';

const three = (version: CmppVersion) => version === '3.0';
const numberSize = (version: CmppVersion) => (three(version) ? 32 : 21);
export const versionByte = (version: CmppVersion) => (three(version) ? 0x30 : 0x20);

/** MMDDHHMMSS, as the gateway's clock has it: China Standard Time. @param at ms UTC */
export function timestampOf(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(5, 19).replace(/\D/g, '');
}

/** MD5(Source_Addr + 9 × 0x00 + shared secret + timestamp). */
export function authenticatorSource(account: string, secret: string, timestamp: string): Buffer {
  return createHash('md5')
    .update(account, 'latin1')
    .update(Buffer.alloc(9))
    .update(secret, 'latin1')
    .update(timestamp, 'latin1')
    .digest();
}

/** MD5(status + AuthenticatorSource + shared secret), status in the width of the version. */
function authenticatorIsmg(status: Buffer, source: Buffer, secret: string): Buffer {
  return createHash('md5').update(status).update(source).update(secret, 'latin1').digest();
}

export function connectBody(options: { account: string; secret: string; version: CmppVersion; at: number }): {
  body: Buffer;
  authenticator: Buffer;
} {
  const timestamp = timestampOf(options.at);
  const authenticator = authenticatorSource(options.account, options.secret, timestamp);
  const body = new OctetWriter()
    .text(options.account, 6)
    .bytes(authenticator)
    .u8(versionByte(options.version))
    .u32(Number(timestamp))
    .done();
  return { body, authenticator };
}

export interface ConnectResponse {
  status: number;
  version: number;
  /** The gateway knows the secret too. */
  genuine: boolean;
}

export function readConnectResponse(
  body: Buffer,
  version: CmppVersion,
  authenticator: Buffer,
  secret: string,
): ConnectResponse {
  // A gateway of the other version answers in its own width.
  const wide = body.length === 21 || (body.length !== 18 && three(version));
  const reader = new OctetReader(body);
  const status = Buffer.from(reader.bytes(wide ? 4 : 1));
  const said = reader.bytes(16);
  return {
    status: wide ? status.readUInt32BE(0) : (status[0] ?? 0),
    version: reader.left > 0 ? reader.u8() : 0,
    genuine: timingSafeEqual(said, authenticatorIsmg(status, authenticator, secret)),
  };
}

export interface Submit {
  /** Part `part` of `parts`. */
  part: number;
  parts: number;
  receipt: boolean;
  serviceId: string;
  /** TP_udhi: the content begins with a user data header. */
  header: boolean;
  format: number;
  /** Msg_src: the account. */
  source: string;
  feeUserType: number;
  feeType: string;
  feeCode: string;
  /** Src_Id: the number that the customer sees. */
  from: string;
  to: string;
  content: Buffer;
}

export function submitBody(submit: Submit, version: CmppVersion): Buffer {
  const writer = new OctetWriter()
    .bytes(Buffer.alloc(8))
    .u8(submit.parts)
    .u8(submit.part)
    .u8(submit.receipt ? 1 : 0)
    .u8(0)
    .text(submit.serviceId, 10)
    .u8(submit.feeUserType)
    .text('', numberSize(version));
  if (three(version)) writer.u8(0);
  writer
    .u8(0)
    .u8(submit.header ? 1 : 0)
    .u8(submit.format)
    .text(submit.source, 6)
    .text(submit.feeType, 2)
    .text(submit.feeCode, 6)
    .text('', 17)
    .text('', 17)
    .text(submit.from, 21)
    .u8(1)
    .text(submit.to, numberSize(version));
  if (three(version)) writer.u8(0);
  return writer
    .u8(submit.content.length)
    .bytes(submit.content)
    .text('', three(version) ? 20 : 8)
    .done();
}

export interface SubmitResponse {
  /** Hex of Msg_Id, under which the receipt will come. */
  id: string;
  result: number;
}

export function readSubmitResponse(body: Buffer): SubmitResponse {
  const reader = new OctetReader(body);
  const id = reader.bytes(8).toString('hex');
  return { id, result: reader.left >= 4 ? reader.u32() : reader.u8() };
}

export interface Deliver {
  id: string;
  /** Dest_Id: our number, with what the customer added to it. */
  to: string;
  from: string;
  header: boolean;
  format: number;
  receipt: boolean;
  content: Buffer;
}

export function readDeliver(body: Buffer, version: CmppVersion): Deliver {
  const reader = new OctetReader(body);
  const id = reader.bytes(8).toString('hex');
  const to = reader.text(21);
  reader.bytes(10 + 1);
  const header = reader.u8() === 1;
  const format = reader.u8();
  const from = reader.text(numberSize(version));
  if (three(version)) reader.u8();
  const receipt = reader.u8() === 1;
  const content = Buffer.from(reader.bytes(reader.u8()));
  return { id, to, from, header, format, receipt, content };
}

/** @param id hex, as it came */
export function deliverResponseBody(id: string, result: number, version: CmppVersion): Buffer {
  const writer = new OctetWriter().bytes(Buffer.from(id, 'hex'));
  return (three(version) ? writer.u32(result) : writer.u8(result)).done();
}

export interface Receipt {
  /** Of the SUBMIT_RESP. */
  id: string;
  /** DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD, or the carrier's own (MA:…, MB:…). */
  state: string;
  to: string;
  done: string;
}

/** 60 bytes; 71 where a gateway of 3.0 writes the number in its width. */
export function readReceipt(content: Buffer): Receipt {
  const reader = new OctetReader(content);
  const id = reader.bytes(8).toString('hex');
  const state = reader.text(7);
  reader.bytes(10);
  const done = reader.text(10);
  const to = reader.text(content.length >= 71 ? 32 : 21);
  return { id, state, done, to };
}
