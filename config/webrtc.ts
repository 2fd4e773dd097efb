// The panels' audio: which gateway, where browsers reach it, and the STUN and TURN servers that they are told.
import { z } from 'zod';
import { readSecret } from './secrets.ts';

const port = z.number().int().min(1).max(65535);
const url = z.string().regex(/^(stuns?|turns?):[^\s]+$/, 'must begin with stun:, stuns:, turn: or turns:');

const iceServerSchema = z
  .object({
    /** `turn:turn.bank.example:3478?transport=udp` and the like. */
    urls: z.array(url).min(1),
    /** Of a fixed account; without one and with a secret, each panel gets an account of its own that lasts a day. */
    username: z.string().min(1).optional(),
    /** File with the account's password, or, without a username, with the secret that the TURN server shares (coturn: static-auth-secret). */
    secretFile: z.string().min(1).optional(),
    /** Environment variable with it. */
    secretEnv: z.string().min(1).optional(),
  })
  .strict();

export const webrtcSchema = z
  .object({
    /** `auto`: mediasoup where its worker is on this machine, else the edge's own. `off`: no phones in panels. */
    engine: z.enum(['auto', 'mediasoup', 'edge', 'off']).default('auto'),
    /** Address or name that browsers are told instead of this machine's own (NAT). Default: `advertise`. */
    announce: z
      .string()
      .regex(/^[A-Za-z0-9.:-]+$/, 'must be an address or a name')
      .optional(),
    /**
     * The first few are the browsers' (mediasoup: one per worker, UDP and TCP; the edge: one, UDP): open these in the firewall. The
     * others lead to the media engine.
     */
    ports: z
      .tuple([port, port])
      .default([30000, 30999])
      .refine(([first, last]) => last - first >= 19, { message: 'must span at least 20 ports' }),
    /** Worker processes of mediasoup; default: one per core, four at most. One carries some hundred agents. */
    workers: z.number().int().min(1).max(64).optional(),
    /** mediasoup's worker, where it is neither in MEDIASOUP_WORKER_BIN nor in its package. */
    workerBinary: z.string().min(1).optional(),
    /** Asked by browsers for a way through NAT; none are needed where panels reach this machine directly. */
    iceServers: z.array(iceServerSchema).default([]),
  })
  .strict();

export type WebRtcSettings = z.infer<typeof webrtcSchema>;

/** A server as panels are told it; `secret` without `username` makes accounts (draft-uberti-behave-turn-rest). */
export interface IceServerAccount {
  urls: string[];
  username?: string | undefined;
  secret?: string | undefined;
}

/** @throws settings-invalid where a secret that is named cannot be read */
export function iceServerAccounts(
  { iceServers }: WebRtcSettings,
  env: NodeJS.ProcessEnv = process.env,
): IceServerAccount[] {
  return iceServers.map(({ urls, username, secretFile: file, secretEnv: variable }, at) => {
    if (file === undefined && variable === undefined) return { urls, username };
    return { urls, username, secret: readSecret(`webrtc.iceServers[${at}]`, { file, variable }, env) };
  });
}
