// The captured frames, read from captured-frames.txt. The length that stands before each says where it ends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CapturedFrame {
  from: 'app' | 'server';
  /** Without the length: tokens, and SIP text after the first line end. */
  payload: string;
}

/** All frames of one section, `A.2` … @throws where the section is not there or a length is not right */
export function captured(section: string): CapturedFrame[] {
  const found = sections().get(section);
  if (!found) throw new Error(`there is no captured section ${section}`);
  return found;
}

/** Names of all sections, in order. */
export function capturedSections(): string[] {
  return [...sections().keys()];
}

let read: Map<string, CapturedFrame[]> | undefined;

function sections(): Map<string, CapturedFrame[]> {
  if (read) return read;
  read = new Map();
  const text = readFileSync(join(import.meta.dirname, 'captured-frames.txt'), 'utf8');
  for (const part of text.split(/^## /m).slice(1)) read.set(part.slice(0, part.indexOf(' ')), framesOf(part));
  return read;
}

function framesOf(part: string): CapturedFrame[] {
  const frames: CapturedFrame[] = [];
  const pieces = part.split(/^(→ app to server|← server to app)\n/m);
  for (let i = 1; i < pieces.length; i += 2) {
    const from = pieces[i]?.startsWith('→') ? 'app' : 'server';
    const whole = (pieces[i + 1] ?? '').replaceAll('␍␊\n', '\r\n');
    const mark = whole.indexOf('#');
    const length = Number(whole.slice(0, mark));
    const bytes = Buffer.from(whole.slice(mark + 1)).subarray(0, length);
    const rest = Buffer.from(whole.slice(mark + 1))
      .subarray(length)
      .toString();
    if (bytes.length !== length || rest.trim() !== '')
      throw new Error(`captured frame is not ${length} bytes: ${whole}`);
    frames.push({ from, payload: bytes.toString() });
  }
  return frames;
}

export interface ReadFrame {
  id: string;
  /** From `kind` on. */
  tokens: string[];
  start: string;
  /** Names in lower case, in the order of the text. */
  headers: Map<string, string>;
  body: string;
}

/** Takes a frame apart. */
export function readFrame(payload: string): ReadFrame {
  const lineEnd = payload.indexOf('\r\n');
  const meta = (lineEnd < 0 ? payload : payload.slice(0, lineEnd)).split('|');
  const text = lineEnd < 0 ? '' : payload.slice(lineEnd + 2);
  const blank = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = (blank < 0 ? text : text.slice(0, blank)).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { id: meta[0] ?? '', tokens: meta.slice(1), start, headers, body: blank < 0 ? '' : text.slice(blank + 4) };
}
