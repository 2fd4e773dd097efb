// Asterisk as the media engine: its hosts, and where they fetch what they play.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { failed } from './errors.ts';
import { readSecret } from './secrets.ts';

const port = z.number().int().min(0).max(65535);
const address = z.string().refine((text) => isIP(text) !== 0, { message: 'is not an IP address' });

const hostSchema = z
  .object({
    /** Ours for it: in logs, in metrics, and to drain it. */
    name: z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be 1 to 32 of a-z, 0-9 and -'),
    /** Of its HTTP server: `http://192.0.2.10:8088`. */
    url: z.url({ protocol: /^https?$/ }).refine((text) => /^https?:\/\/[^/]+\/?$/.test(text), {
      message: 'must have no path: ari-client adds /ari itself',
    }),
    /** User in its ari.conf and manager.conf. */
    user: z.string().min(1).default('switchroom'),
    /** File with her password; else the one for all. */
    secretFile: z.string().min(1).optional(),
    /** Environment variable with her password. */
    secretEnv: z.string().min(1).optional(),
    /** File in PEM with the authority that an https:// url's certificate comes from, or that certificate; else the one for all. */
    caFile: z.string().min(1).optional(),
    /** Where it takes SIP from the edge: `192.0.2.10:5080`, UDP. */
    sip: z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be a host and a port'),
    /** Share of new calls beside the others. */
    weight: z.number().min(0).max(1000).default(1),
  })
  .strict();

export const asteriskSchema = z
  .object({
    hosts: z
      .array(hostSchema)
      .min(1, { message: 'must name at least one Asterisk' })
      .refine((hosts) => new Set(hosts.map(({ name }) => name)).size === hosts.length, {
        message: 'must have different names',
      }),
    /** File with the password of all of them; else the environment variable SWITCHROOM_ASTERISK_SECRET. */
    secretFile: z.string().min(1).optional(),
    /** As `caFile` of a host, for all of them; without one, whom this machine trusts. */
    caFile: z.string().min(1).optional(),
    /** Where the hosts fetch prompts and music from this server by HTTP. */
    audio: z
      .object({
        bind: address.default('127.0.0.1'),
        /** 0: a free one, for one machine; elsewhere a fixed one, for the firewall. */
        port: port.default(0),
        /** What the hosts call it, where that is not the bound address: `http://192.0.2.1:8090`. */
        url: z.url({ protocol: /^https?$/ }).optional(),
      })
      .strict()
      .prefault({}),
  })
  .strict();

export type AsteriskSettings = z.infer<typeof asteriskSchema>;

export interface AsteriskHostSettings {
  name: string;
  url: string;
  user: string;
  secret: string;
  /** PEM, where one is named and the url is https://. */
  ca?: string | undefined;
  sip: string;
  weight: number;
}

/** The hosts with their secrets. @throws settings-invalid where there are none, or a secret is missing or cannot be read */
export function asteriskHosts(
  asterisk: AsteriskSettings | undefined,
  env: NodeJS.ProcessEnv = process.env,
): AsteriskHostSettings[] {
  if (!asterisk) {
    throw failed['settings-invalid']({ setting: 'asterisk', reason: 'must name its hosts where media is asterisk' });
  }
  return asterisk.hosts.map(({ name, url, user, sip, weight, secretFile, secretEnv, caFile }, index) => {
    const variable = secretEnv ?? 'SWITCHROOM_ASTERISK_SECRET';
    const file = secretFile ?? (secretEnv === undefined ? asterisk.secretFile : undefined);
    const secret = readSecret(`asterisk.hosts.${index}`, { file, variable }, env);
    const ca = authority(`asterisk.hosts.${index}.caFile`, url, caFile ?? asterisk.caFile);
    return { name, url: url.replace(/\/$/, ''), user, secret, sip, weight, ...(ca === undefined ? {} : { ca }) };
  });
}

/** @throws settings-invalid where the file cannot be read or holds no certificate */
function authority(setting: string, url: string, file: string | undefined): string | undefined {
  if (file === undefined || !url.startsWith('https:')) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    // Node would take a text without one as an empty list, and say only that nobody is trusted.
    new X509Certificate(text);
    return text;
  } catch (error) {
    const reason = `${file} cannot be used: ${(error as Error).message}`;
    throw failed['settings-invalid']({ setting, reason }, { cause: error });
  }
}
