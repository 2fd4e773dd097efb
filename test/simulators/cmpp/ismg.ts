// A carrier's gateway (ISMG) for tests, written from the specification and sharing no code with our client: CMPP 2.0 and 3.0
// over TCP on loopback, and it misbehaves as real ones do.
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface IsmgOptions {
  version: '2.0' | '3.0';
  account: string;
  secret: string;
  /** SUBMITs without an answer that it bears; with one more it closes the connection. */
  window?: number;
}

export interface Submitted {
  msgId: Buffer;
  sequence: number;
  pkTotal: number;
  pkNumber: number;
  registered: number;
  udhi: number;
  fmt: number;
  msgSrc: string;
  srcId: string;
  dest: string;
  content: Buffer;
}

/** How the next SUBMIT is treated. */
export type Whim =
  | 'answer'
  /** No answer at all. */
  | 'lose'
  /** Held until `release`. */
  | 'hold'
  /** Answered twice. */
  | 'twice'
  /** The receipt comes before the answer. */
  | 'receipt-first'
  /** The connection breaks before the answer. */
  | 'break'
  /** Result 8: too fast. */
  | 'throttle'
  | { result: number };

export class Ismg extends EventEmitter {
  readonly options: IsmgOptions;
  readonly submitted: Submitted[] = [];
  readonly delivered: { sequence: number; msgId: string; result: number }[] = [];
  /** Taken from the front for each SUBMIT; then `answer`. */
  readonly whims: Whim[] = [];
  /** Status of the next CONNECTs. */
  readonly refusals: number[] = [];
  /** Answers CONNECT with an authenticator of a gateway that does not know the secret. */
  impostor = false;
  /** Answers ACTIVE_TEST. */
  alive = true;
  connections = 0;
  terminated = 0;
  activeTests = 0;
  mostAtOnce = 0;
  #server: Server;
  #socket: Socket | undefined;
  #held: (() => void)[] = [];
  #open = 0;
  #counter = 1;
  #sequence = 0x7000_0000;

  constructor(options: IsmgOptions) {
    super();
    this.options = options;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The line breaks. */
  cut(): void {
    this.#socket?.destroy();
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Waits until `condition` holds after something happened. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this, 'change');
  }

  /** A customer's text. @returns the Sequence_Id */
  deliver(text: { from: string; to: string; content: Buffer; fmt?: number; udhi?: number; msgId?: Buffer }): number {
    return this.#deliver({ ...text, registered: 0 });
  }

  receipt(msgId: Buffer, stat: string, dest: string, wide = false): number {
    const size = wide ? 32 : 21;
    const content = Buffer.alloc(8 + 7 + 10 + 10 + size + 4);
    msgId.copy(content);
    content.write(stat, 8, 7, 'latin1');
    content.write('2611220430', 15, 'latin1');
    content.write('2611220431', 25, 'latin1');
    content.write(dest, 35, size, 'latin1');
    content.writeUInt32BE(42, 35 + size);
    return this.#deliver({ from: dest, to: '106', content, fmt: 0, registered: 1 });
  }

  terminate(): void {
    this.#send(0x2, ++this.#sequence, Buffer.alloc(0));
  }

  #deliver(text: {
    from: string;
    to: string;
    content: Buffer;
    fmt?: number;
    udhi?: number;
    registered: number;
    msgId?: Buffer;
  }): number {
    const three = this.options.version === '3.0';
    const number = three ? 32 : 21;
    const fixed = Buffer.alloc(8 + 21 + 10 + 3 + number + (three ? 1 : 0) + 2);
    (text.msgId ?? this.#id()).copy(fixed, 0);
    fixed.write(text.to, 8, 21, 'latin1');
    let at = 8 + 21 + 10;
    fixed[at + 1] = text.udhi ?? 0;
    fixed[at + 2] = text.fmt ?? 8;
    at += 3;
    fixed.write(text.from, at, number, 'latin1');
    at += number + (three ? 1 : 0);
    fixed[at] = text.registered;
    fixed[at + 1] = text.content.length;
    const sequence = ++this.#sequence;
    this.#send(0x5, sequence, Buffer.concat([fixed, text.content, Buffer.alloc(three ? 20 : 8)]));
    return sequence;
  }

  #id(): Buffer {
    const id = Buffer.alloc(8);
    id.writeUInt32BE(0xb0b1_0203, 0);
    id.writeUInt32BE(this.#counter++, 4);
    return id;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#open = 0;
    this.#socket = socket;
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 12 && rest.length >= rest.readUInt32BE(0)) {
        const length = rest.readUInt32BE(0);
        this.#packet(socket, rest.readUInt32BE(4), rest.readUInt32BE(8), Buffer.from(rest.subarray(12, length)));
        rest = Buffer.from(rest.subarray(length));
        this.emit('change');
      }
    });
    socket.on('error', () => this.emit('change'));
    socket.on('close', () => this.emit('change'));
    this.emit('change');
  }

  #packet(socket: Socket, command: number, sequence: number, body: Buffer): void {
    if (command === 0x1) this.#connect(sequence, body);
    else if (command === 0x4) this.#submit(socket, sequence, body);
    else if (command === 0x2) {
      this.terminated++;
      this.#send(0x8000_0002, sequence, Buffer.alloc(0));
      socket.end();
    } else if (command === 0x8) {
      this.activeTests++;
      if (this.alive) this.#send(0x8000_0008, sequence, Buffer.from([0]));
    } else if (command === 0x8000_0005) {
      const result = body.length === 12 ? body.readUInt32BE(8) : (body[8] ?? 255);
      this.delivered.push({ sequence, msgId: body.subarray(0, 8).toString('hex'), result });
    }
  }

  #connect(sequence: number, body: Buffer): void {
    const { account, secret, version } = this.options;
    const source = body.subarray(0, 6).toString('latin1').replace(/\0+$/, '');
    const authenticator = body.subarray(6, 22);
    const stamp = String(body.readUInt32BE(23)).padStart(10, '0');
    const expected = createHash('md5')
      .update(Buffer.concat([Buffer.from(account), Buffer.alloc(9), Buffer.from(secret), Buffer.from(stamp)]))
      .digest();
    let status = 0;
    if (body.length !== 27) status = 1;
    else if (source !== account) status = 2;
    else if (!authenticator.equals(expected)) status = 3;
    else if ((body[22] ?? 0) > (version === '3.0' ? 0x30 : 0x20)) status = 4;
    status = this.refusals.shift() ?? status;
    const field = version === '3.0' ? Buffer.from([0, 0, 0, status]) : Buffer.from([status]);
    const proof = createHash('md5')
      .update(Buffer.concat([field, authenticator, Buffer.from(this.impostor ? 'guess' : secret)]))
      .digest();
    this.#send(0x8000_0001, sequence, Buffer.concat([field, proof, Buffer.from([version === '3.0' ? 0x30 : 0x20])]));
    if (status !== 0) this.#socket?.end();
  }

  #submit(socket: Socket, sequence: number, body: Buffer): void {
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    if (this.#open > (this.options.window ?? 16)) {
      socket.destroy();
      return;
    }
    const submit = this.#read(sequence, body);
    this.submitted.push(submit);
    const answer = (result = 0) => {
      this.#open--;
      const three = this.options.version === '3.0';
      const field = three ? Buffer.from([0, 0, 0, result]) : Buffer.from([result]);
      this.#send(0x8000_0004, sequence, Buffer.concat([submit.msgId, field]));
    };
    const whim = this.whims.shift() ?? 'answer';
    if (typeof whim === 'object') answer(whim.result);
    else if (whim === 'answer') answer();
    else if (whim === 'hold') this.#held.push(answer);
    else if (whim === 'throttle') answer(8);
    else if (whim === 'break') socket.destroy();
    else if (whim === 'twice') {
      answer();
      answer();
      this.#open++;
    } else if (whim === 'receipt-first') {
      this.receipt(submit.msgId, 'DELIVRD', submit.dest);
      answer();
    }
  }

  #read(sequence: number, body: Buffer): Submitted {
    const three = this.options.version === '3.0';
    const number = three ? 32 : 21;
    const text = (at: number, size: number) =>
      body
        .subarray(at, at + size)
        .toString('latin1')
        .replace(/\0.*$/s, '');
    // Behind Fee_terminal_Id (and its type).
    const b = 8 + 4 + 10 + 1 + number + (three ? 1 : 0);
    const destAt = b + 3 + 6 + 2 + 6 + 17 + 17 + 21 + 1;
    const lengthAt = destAt + number + (three ? 1 : 0);
    const length = body[lengthAt] ?? 0;
    if (body.length !== lengthAt + 1 + length + (three ? 20 : 8)) throw new Error(`SUBMIT of ${body.length} bytes`);
    return {
      msgId: this.#id(),
      sequence,
      pkTotal: body[8] ?? 0,
      pkNumber: body[9] ?? 0,
      registered: body[10] ?? 0,
      udhi: body[b + 1] ?? 0,
      fmt: body[b + 2] ?? 0,
      msgSrc: text(b + 3, 6),
      srcId: text(b + 3 + 6 + 2 + 6 + 34, 21),
      dest: text(destAt, number),
      content: Buffer.from(body.subarray(lengthAt + 1, lengthAt + 1 + length)),
    };
  }

  #send(command: number, sequence: number, body: Buffer): void {
    const head = Buffer.alloc(12);
    head.writeUInt32BE(12 + body.length, 0);
    head.writeUInt32BE(command, 4);
    head.writeUInt32BE(sequence, 8);
    this.#socket?.write(Buffer.concat([head, body]));
  }
}
