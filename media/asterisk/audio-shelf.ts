// What Asterisk plays, brought to its host: a small HTTP server of ours gives files out by the hash of their content, signed,
// and Asterisk's media cache fetches each once. So it works the same for another host, nothing needs to be copied or shared,
// and a server's restart changes no address: what a host has, it goes on playing.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { mediaErrors } from '../errors.ts';
import type { Audio } from '../media-server.ts';
import { wavHeader, wavHeaderBytes } from '../recorded-wav.ts';
import { type MadeSound, makeTone } from './tone.ts';

export interface AudioShelfOptions {
  bind: string;
  port: number;
  /** What the hosts call us, where that is not the bound address. */
  url?: string | undefined;
  /** Signs the addresses, so that who merely reaches the port gets nothing. The same after a restart. */
  key: string;
  logger: Logger;
}

/** One piece, ready to be played. */
export interface Shelved {
  /** For ARI: `sound:http://…`. */
  uri: string;
  ms: number;
}

interface Shelf extends Shelved {
  source: { path: string; size: number; changed: number } | MadeSound;
}

const bytesPerMs = 16;
/** Tones and loops that are kept: each at most some hundred kilobytes. */
const mostMade = 200;

export class AudioShelf {
  readonly #options: AudioShelfOptions;
  readonly #server: Server;
  readonly #byHash = new Map<string, Shelf>();
  /** Tones and loops by what they are. */
  readonly #made = new Map<string, string>();
  #url = '';

  private constructor(options: AudioShelfOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        options.logger.warn({ err: error }, 'audio could not be given to Asterisk');
        response.destroy();
      });
    });
  }

  /** @throws what listening throws */
  static async open(options: AudioShelfOptions): Promise<AudioShelf> {
    const shelf = new AudioShelf(options);
    const { bind, port } = options;
    shelf.#server.listen(port, bind);
    await once(shelf.#server, 'listening');
    const address = shelf.#server.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    shelf.#url = (options.url ?? `http://${bind.includes(':') ? `[${bind}]` : bind}:${bound}`).replace(/\/$/, '');
    return shelf;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** @throws media-failed where a file is not there, is no 8 kHz mono WAV, or is not what its hash says */
  async put(audio: Audio): Promise<Shelf> {
    if (audio.kind === 'file') return this.#putFile(audio.path, audio.hash);
    const hz = audio.kind === 'tone' ? audio.hz : [];
    const what = `${hz.join('+')}/${audio.ms}`;
    const known = this.#byHash.get(this.#made.get(what) ?? '');
    if (known) return known;
    const made = makeTone(hz, audio.ms);
    this.#made.set(what, made.hash);
    return this.#keep(made.hash, { uri: this.#uriOf(made.hash), ms: made.ms, source: made });
  }

  /**
   * A short list, several times, as one sound: between two sounds Asterisk leaves a gap that is heard in a loop.
   * @throws media-failed as `put`
   */
  async putRepeated(audio: readonly Audio[], times: number): Promise<Shelved> {
    const pieces = await Promise.all(audio.map((one) => this.put(one)));
    const what = `${times} ${pieces.map(({ uri }) => uri).join(' ')}`;
    const known = this.#byHash.get(this.#made.get(what) ?? '');
    if (known) return known;
    const sounds = await Promise.all(pieces.map((piece) => this.#samplesOf(piece)));
    const once = Buffer.concat(sounds);
    const data = Buffer.concat(Array.from({ length: times }, () => once));
    const bytes = Buffer.concat([wavHeader({ channels: 1, dataBytes: data.length }), data]);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const ms = data.length / bytesPerMs;
    this.#made.set(what, hash);
    if (this.#made.size > mostMade) this.#forgetOldest();
    return this.#keep(hash, { uri: this.#uriOf(hash), ms, source: { bytes, hash, ms } });
  }

  async #samplesOf({ source }: Shelf): Promise<Buffer> {
    const bytes = 'path' in source ? await readFile(source.path) : source.bytes;
    return bytes.subarray(wavHeaderBytes);
  }

  /** Whoever plays it has fetched it long ago. */
  #forgetOldest(): void {
    for (const [what, hash] of this.#made) {
      this.#made.delete(what);
      this.#byHash.delete(hash);
      return;
    }
  }

  async #putFile(path: string, hash: string): Promise<Shelf> {
    const refused = (reason: string, cause?: unknown) =>
      mediaErrors['media-failed']({ reason: `${path} ${reason}` }, { cause });
    const { size, mtimeMs } = await stat(path).catch((error: unknown) => {
      throw refused('cannot be read', error);
    });
    const known = this.#byHash.get(hash);
    if (known && 'path' in known.source) {
      const { source } = known;
      if (source.path === path && source.size === size && source.changed === mtimeMs) return known;
    }
    if (!(await isLineWav(path))) throw refused('is no WAV of 8 kHz, mono, 16 bits');
    const digest = createHash('sha256');
    await pipeline(createReadStream(path), digest);
    if (digest.digest('hex') !== hash) throw refused('is not what its hash says');
    const ms = (size - wavHeaderBytes) / bytesPerMs;
    return this.#keep(hash, { uri: this.#uriOf(hash), ms, source: { path, size, changed: mtimeMs } });
  }

  #keep(hash: string, shelf: Shelf): Shelf {
    this.#byHash.set(hash, shelf);
    return shelf;
  }

  #uriOf(hash: string): string {
    return `sound:${this.#url}/${hash}.${this.#signature(hash)}.wav`;
  }

  #signature(hash: string): string {
    return createHmac('sha256', this.#options.key).update(`audio ${hash}`).digest('base64url').slice(0, 22);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = /^\/([0-9a-f]{64})\.([A-Za-z0-9_-]{22})\.wav$/.exec(request.url ?? '');
    const [, hash = '', signature = ''] = match ?? [];
    const genuine = match && timingSafeEqual(Buffer.from(signature), Buffer.from(this.#signature(hash)));
    const shelf = genuine ? this.#byHash.get(hash) : undefined;
    if (!shelf || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    const { source } = shelf;
    const size = 'path' in source ? source.size : source.bytes.length;
    response.writeHead(200, {
      'content-type': 'audio/wav',
      'content-length': size,
      // Content never changes under its hash: never asked for again.
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `"${hash}"`,
    });
    if (request.method === 'HEAD') response.end();
    else if ('path' in source) await pipeline(createReadStream(source.path, { end: size - 1 }), response);
    else response.end(source.bytes);
  }
}

async function isLineWav(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(wavHeaderBytes);
    const { bytesRead } = await file.read(header, 0, wavHeaderBytes, 0);
    return (
      bytesRead === wavHeaderBytes &&
      header.toString('latin1', 0, 4) === 'RIFF' &&
      header.toString('latin1', 8, 12) === 'WAVE' &&
      header.readUInt16LE(20) === 1 &&
      header.readUInt16LE(22) === 1 &&
      header.readUInt32LE(24) === 8_000 &&
      header.readUInt16LE(34) === 16
    );
  } finally {
    await file.close();
  }
}
