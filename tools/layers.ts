// The layers of the house (DESIGN: folders): imports go down only, to another folder's index.ts only, and never in circles.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Room (folder or file) → floor. The longest match names a file's room. */
const floors: Record<string, number> = {
  values: 0,
  link: 1,
  config: 1,
  connector: 1,
  uplink: 1,
  // What the edge needs of it: without the schema of the settings, and so without zod (14 MB).
  'config/errors.ts': 1,
  'config/certificate-files.ts': 1,
  'config/edge-parts.ts': 1,
  'media/media-server.ts': 1,
  'media/errors.ts': 1,
  'media/digits.ts': 1,
  'media/joined.ts': 1,
  'media/recorded-wav.ts': 1,
  'media/webrtc-gateway.ts': 1,
  'media/webrtc': 2,
  'media/mediasoup': 3,
  'server/journal': 1,
  'server/ports': 2,
  'server/acd': 2,
  'server/ivr': 2,
  'server/signaling/sip': 2,
  'server/directory': 2,
  'server/backup': 2,
  'media/speech': 2,
  'media/prompts': 3,
  'media/edge': 3,
  'media/freeswitch': 3,
  'media/asterisk': 3,
  'server/flows': 3,
  'server/customers': 3,
  'server/reports': 3,
  'server/quality': 3,
  'server/knowledge': 3,
  'server/signaling': 3,
  'server/sign-in': 3,
  'server/audit': 3,
  'server/egress': 3,
  'server/retention': 4,
  'server/calls': 4,
  'server/sip-trace': 4,
  'server/callbacks': 4,
  cloud: 4,
  'server/conversations': 4,
  'server/work-items': 4,
  'server/uplink': 4,
  'server/moments': 5,
  'server/social': 3,
  'server/routing': 5,
  'server/desk': 6,
  'server/api': 7,
  'edge/sip': 2,
  'edge/threads': 2,
  'edge/drachtio': 3,
  'edge/rtp': 3,
  'edge/webrtc': 3,
  edge: 4,
  // A program's entrance runs under the supervisor, so it stands above it.
  'edge/main.ts': 10,
  server: 8,
  'sidecar/connector.ts': 2,
  'sidecar/group-commit.ts': 2,
  'sidecar/seal.ts': 2,
  'sidecar/cut-text.ts': 2,
  'sidecar/channels': 3,
  sidecar: 4,
  'sidecar/main.ts': 10,
  supervisor: 2,
  cli: 10,
};

/** Pure cores: what their files may import from outside the project (of node:crypto, hashing). */
const pure: Record<string, RegExp> = { 'server/acd': /^$/, 'server/ivr': /^(zod|jsonc-parser|node:crypto)$/ };

/** Rooms that belong to the edge process; the server's rooms never import them, nor they the server's. */
const inEdge = (room: string) => room === 'edge' || room.startsWith('edge/');
const inServer = (room: string) => room === 'server' || room.startsWith('server/');
/** A connector uses the public API alone, as anybody's program would. */
const inSidecar = (room: string) => room === 'sidecar' || room.startsWith('sidecar/');

export interface Breach {
  file: string;
  import: string;
  why: string;
}

/** Every import of the project's code that breaks the rules; empty when all is well. */
export function breaches(root: string): Breach[] {
  const found: Breach[] = [];
  const edges = new Map<string, Set<string>>();
  for (const file of sources(root)) {
    const from = roomOf(file);
    if (from === undefined) continue;
    for (const { target, typeOnly } of imports(join(root, file))) {
      const breach = (why: string) => found.push({ file, import: target, why });
      if (!target.startsWith('.')) {
        const allowed = pure[from];
        if (allowed && !typeOnly && !allowed.test(target)) breach(`${from} is a pure core`);
        continue;
      }
      const path = relative(root, resolve(root, dirname(file), target));
      const to = roomOf(path);
      if (to === undefined) {
        breach('is not a room of the house');
        continue;
      }
      if (to === from) continue;
      if (inServer(from) && inEdge(to)) breach('the server never imports the edge');
      if (inEdge(from) && inServer(to)) breach('the edge never imports the server');
      if (inSidecar(from) && (inServer(to) || inEdge(to))) breach('the sidecar knows the public API alone');
      if (inSidecar(to) && !inSidecar(from) && !isEntrance(path)) breach('nobody imports the sidecar');
      if ((floors[to] ?? 0) > (floors[from] ?? 0))
        breach(`${from} (floor ${floors[from]}) is below ${to} (floor ${floors[to]})`);
      const inside = floors[path] === undefined && path !== `${to}/index.ts` && !isEntrance(path);
      if (inside) breach(`goes past the face ${to}/index.ts`);
      if (!edges.has(from)) edges.set(from, new Set());
      edges.get(from)?.add(to);
    }
  }
  for (const circle of circles(edges))
    found.push({ file: circle[0] ?? '', import: circle.join(' → '), why: 'a circle' });
  return found;
}

/** A program's own entrance file is its face. */
function isEntrance(path: string): boolean {
  return path === 'server/main.ts' || path === 'edge/main.ts' || path === 'sidecar/main.ts';
}

function roomOf(path: string): string | undefined {
  let best: string | undefined;
  for (const room of Object.keys(floors)) {
    if ((path === room || path.startsWith(`${room}/`)) && (best === undefined || room.length > best.length))
      best = room;
  }
  return best;
}

function sources(root: string): string[] {
  const all: string[] = [];
  const visit = (folder: string) => {
    for (const name of readdirSync(join(root, folder))) {
      const path = join(folder, name);
      if (name === 'node_modules' || name === 'dist') continue;
      if (statSync(join(root, path)).isDirectory()) visit(path);
      else if (/\.tsx?$/.test(name)) all.push(path);
    }
  };
  for (const top of new Set(Object.keys(floors).map((room) => room.split('/')[0] ?? room))) visit(top);
  return all;
}

function imports(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(file, 'utf8');
  const found: { target: string; typeOnly: boolean }[] = [];
  const pattern = /^\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;
  for (const match of text.matchAll(pattern)) {
    found.push({ target: match[2] ?? match[3] ?? '', typeOnly: match[1] !== undefined });
  }
  return found;
}

function circles(edges: Map<string, Set<string>>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (room: string, path: string[]) => {
    const at = path.indexOf(room);
    if (at >= 0) {
      found.push([...path.slice(at), room]);
      return;
    }
    if (done.has(room)) return;
    for (const next of edges.get(room) ?? []) walk(next, [...path, room]);
    done.add(room);
  };
  for (const room of edges.keys()) walk(room, []);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = breaches(join(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const { file, import: target, why } of found) console.error(`${file}: imports ${target}: ${why}`);
  process.exit(found.length === 0 ? 0 : 1);
}
