// The frame of CMPP (China Mobile Peer to Peer): 12 bytes header, big-endian: Total_Length, Command_Id, Sequence_Id. A reader
// that puts frames together from what TCP brings, and gives up at the first length that cannot be.
import { defineErrors } from '../../../values/index.ts';

export const command = {
  connect: 0x1,
  connectResponse: 0x8000_0001,
  terminate: 0x2,
  terminateResponse: 0x8000_0002,
  submit: 0x4,
  submitResponse: 0x8000_0004,
  deliver: 0x5,
  deliverResponse: 0x8000_0005,
  activeTest: 0x8,
  activeTestResponse: 0x8000_0008,
} as const;

export interface Frame {
  command: number;
  sequence: number;
  body: Buffer;
}

export const cmppFailed = defineErrors({
  'cmpp-frame-invalid': { status: 502, text: 'The gateway sent what is not CMPP: {reason}.' },
});

const headerBytes = 12;
/** The largest packet of the specification, SUBMIT of CMPP 3.0 to 100 numbers, has 3,491 bytes. */
const mostBytes = 4_096;

export function frameBytes(frame: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + frame.body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(frame.command, 4);
  bytes.writeUInt32BE(frame.sequence, 8);
  frame.body.copy(bytes, headerBytes);
  return bytes;
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws cmpp-frame-invalid: then the connection is of no more use */
  read(chunk: Buffer): Frame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length < headerBytes || length > mostBytes) {
        throw cmppFailed['cmpp-frame-invalid']({ reason: `a frame of ${length} bytes` });
      }
      if (bytes.length - at < length) break;
      const body = Buffer.from(bytes.subarray(at + headerBytes, at + length));
      frames.push({ command: bytes.readUInt32BE(at + 4), sequence: bytes.readUInt32BE(at + 8), body });
      at += length;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return frames;
  }
}
