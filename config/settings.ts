// One schema for all settings: a file (JSON) and the environment, the environment first. Used by all programs.
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { asteriskSchema } from './asterisk.ts';
import { auditSchema } from './audit-settings.ts';
import { cloudSchema } from './cloud.ts';
import { drachtioSchema } from './drachtio.ts';
import { failed } from './errors.ts';
import { freeswitchSchema } from './freeswitch.ts';
import { loginSchema } from './login-settings.ts';
import { momentsSchema } from './moments-settings.ts';
import { sidecarSchema } from './sidecar.ts';
import { uplinkSchema } from './uplink.ts';
import { webrtcSchema } from './webrtc.ts';

const port = z.number().int().min(0).max(65535);
const address = z.string().refine((text) => isIP(text) !== 0, { message: 'is not an IP address' });

export const settingsSchema = z
  .object({
    /** Addresses to listen on, for SIP, media and the web. */
    bind: z.array(address).min(1).default(['127.0.0.1', '::1']),
    /** Address that peers behind NAT are told; otherwise chosen by route to the peer. */
    advertise: address.optional(),
    sipPort: port.default(5060),
    /** SIP over TLS, with the certificate of `tls`; usual is 5061. Absent: none. */
    sipTlsPort: port.optional(),
    /** SIP over WebSocket, for phones in browsers (RFC 7118): WSS where there is a certificate, else WS. Absent: none. */
    sipWsPort: port.optional(),
    httpPort: port.default(8080),
    /**
     * What phones and trunks that register or call are challenged with (RFC 8760), in order of preference. Many phones give up
     * at an algorithm that they do not know, even where they know the next one.
     */
    sipDigests: z
      .array(z.enum(['MD5', 'SHA-256']))
      .min(1)
      .default(['MD5']),
    /** First and last port of media, both inclusive. */
    rtpPorts: z
      .tuple([port, port])
      .default([20000, 29999])
      .refine(([first, last]) => last - first >= 3, { message: 'must span at least 4 ports' }),
    /** Folder of everything that is kept. */
    data: z.string().min(1).default('./data'),
    /** Folder of the flows and of their prompts. */
    flows: z.string().min(1).default('./ivr-flows'),
    moments: momentsSchema,
    site: z
      .object({
        name: z.string().min(1).default('main'),
        /** ISO 3166, for numbers without a country code and for emergency numbers. */
        country: z
          .string()
          .regex(/^[A-Z]{2}$/, { message: 'must be two capital letters such as CN', abort: true })
          .refine(isCountry, { message: 'is no country by ISO 3166, such as CN (the United Kingdom is GB)' })
          .default('CN'),
        timeZone: z
          .string()
          .refine(isTimeZone, { message: 'is not an IANA time zone such as Asia/Shanghai' })
          .default(Intl.DateTimeFormat().resolvedOptions().timeZone),
        /** SIP authentication realm. */
        realm: z.string().min(1).default('switchroom'),
        /** Seconds after which a parked call comes back to who parked it. */
        parkSeconds: z.number().int().min(5).max(3_600).default(120),
      })
      .strict()
      .prefault({}),
    /** For panels behind a reverse proxy that ends TLS. */
    web: z
      .object({
        /** Origins that panels and phones in browsers come from besides the own host: `https://desk.bank.example`. */
        origins: z.array(z.url({ protocol: /^https?$/, abort: true }).overwrite(originOf)).default([]),
        /** Origins of pages (of a CRM) that may show the panel in a frame, and speak with it: docs/embed.md. */
        embedders: z
          .array(z.string().refine(isOrigin, { message: 'must be an origin such as https://crm.bank.example' }))
          .max(50)
          .default([]),
        /** Addresses of proxies whose X-Forwarded-For is believed. */
        trustProxy: z.array(address).default([]),
        /** Cookies go over HTTPS only. */
        secureCookies: z.boolean().default(false),
      })
      .strict()
      .prefault({}),
    /** Certificate chain and key (PEM files) for HTTPS and WSS of the panels and for SIP over TLS; read again when they change. */
    tls: z
      .object({ certificate: z.string().min(1), key: z.string().min(1) })
      .strict()
      .optional(),
    /** How people log in, besides by a password kept here. */
    login: loginSchema.prefault({}),
    /** Copies of the audit records go there. */
    audit: auditSchema.prefault({}),
    /** A drachtio-server does the SIP instead of the edge; several: the next one where one fails. */
    drachtio: drachtioSchema.optional(),
    /** What plays, listens, records and mixes: the edge itself, or an engine beside it. */
    media: z.enum(['edge', 'asterisk', 'freeswitch']).default('edge'),
    /** The Asterisk hosts, where media is asterisk; several share the calls. */
    asterisk: asteriskSchema.optional(),
    /** The FreeSWITCH, where media is freeswitch. */
    freeswitch: freeswitchSchema.prefault({}),
    /** Of the cloud program, where this is its machine. */
    cloud: cloudSchema.optional(),
    /** The cloud half: a copy of the journal goes there, filtered. Absent: everything stays here. */
    uplink: uplinkSchema.optional(),
    /** Phones in the panels. */
    webrtc: webrtcSchema.prefault({}),
    /** Threads for media; an agent and her caller are always on the same. Absent: by the machine's processors. */
    mediaThreads: z.number().int().min(1).max(64).optional(),
    /** So many of the last SIP messages of calls the edge keeps in its memory, for the ladder of a call; 0: none. */
    sipTraceMegabytes: z.number().int().min(0).max(1024).default(16),
    /** How long the edge keeps calls alive without a server. */
    graceSeconds: z.number().int().min(1).max(600).default(30),
    /** A second server waits with its code loaded, and takes the calls up sooner where the first one dies; about 100 MB. */
    standby: z.boolean().default(false),
    logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    /** How long what is kept (docs/operate.md); where there is no such file, for ever. */
    retention: z.string().min(1).default('./retention.json'),
    /** The program of the digital channels. */
    sidecar: sidecarSchema.prefault({}),
    /** Whether the first start creates the demo. */
    demo: z.boolean().default(true),
  })
  .strict()
  .refine(({ sipTlsPort, tls }) => sipTlsPort === undefined || tls !== undefined, {
    path: ['sipTlsPort'],
    message: 'needs a certificate: set tls.certificate and tls.key',
  });

export type Settings = z.infer<typeof settingsSchema>;

/** Environment variable → where it goes, and how its text becomes a value. */
const variables: Record<string, { path: string[]; read: (text: string, name: string) => unknown }> = {
  SWITCHROOM_BIND: { path: ['bind'], read: list },
  SWITCHROOM_ADVERTISE: { path: ['advertise'], read: text },
  SWITCHROOM_SIP_PORT: { path: ['sipPort'], read: whole },
  SWITCHROOM_SIP_TLS_PORT: { path: ['sipTlsPort'], read: whole },
  SWITCHROOM_SIP_WS_PORT: { path: ['sipWsPort'], read: whole },
  SWITCHROOM_SIP_DIGESTS: { path: ['sipDigests'], read: list },
  SWITCHROOM_HTTP_PORT: { path: ['httpPort'], read: whole },
  SWITCHROOM_RTP_PORTS: { path: ['rtpPorts'], read: range },
  SWITCHROOM_DATA: { path: ['data'], read: text },
  SWITCHROOM_FLOWS: { path: ['flows'], read: text },
  SWITCHROOM_MOMENTS: { path: ['moments', 'folder'], read: text },
  SWITCHROOM_SITE: { path: ['site', 'name'], read: text },
  SWITCHROOM_COUNTRY: { path: ['site', 'country'], read: text },
  SWITCHROOM_TIME_ZONE: { path: ['site', 'timeZone'], read: text },
  SWITCHROOM_REALM: { path: ['site', 'realm'], read: text },
  SWITCHROOM_PARK_SECONDS: { path: ['site', 'parkSeconds'], read: whole },
  SWITCHROOM_TLS_CERTIFICATE: { path: ['tls', 'certificate'], read: text },
  SWITCHROOM_TLS_KEY: { path: ['tls', 'key'], read: text },
  SWITCHROOM_DRACHTIO_HOSTS: { path: ['drachtio', 'hosts'], read: hosts },
  SWITCHROOM_DRACHTIO_SECRET_FILE: { path: ['drachtio', 'secretFile'], read: text },
  SWITCHROOM_MEDIA: { path: ['media'], read: text },
  SWITCHROOM_FREESWITCH_HOST: { path: ['freeswitch', 'host'], read: text },
  SWITCHROOM_FREESWITCH_SECRET_FILE: { path: ['freeswitch', 'secretFile'], read: text },
  SWITCHROOM_FREESWITCH_FOLDER: { path: ['freeswitch', 'folder'], read: text },
  SWITCHROOM_ASTERISK_HOSTS: { path: ['asterisk', 'hosts'], read: asteriskHostsText },
  SWITCHROOM_ASTERISK_SECRET_FILE: { path: ['asterisk', 'secretFile'], read: text },
  SWITCHROOM_ASTERISK_CA_FILE: { path: ['asterisk', 'caFile'], read: text },
  SWITCHROOM_CLOUD_DATABASE: { path: ['cloud', 'database'], read: text },
  SWITCHROOM_CLOUD_PASSWORD_FILE: { path: ['cloud', 'databasePasswordFile'], read: text },
  SWITCHROOM_CLOUD_PORT: { path: ['cloud', 'port'], read: whole },
  SWITCHROOM_UPLINK_URL: { path: ['uplink', 'url'], read: text },
  SWITCHROOM_UPLINK_KEY_FILE: { path: ['uplink', 'keyFile'], read: text },
  SWITCHROOM_WEBRTC: { path: ['webrtc', 'engine'], read: text },
  SWITCHROOM_WEBRTC_ANNOUNCE: { path: ['webrtc', 'announce'], read: text },
  SWITCHROOM_WEBRTC_PORTS: { path: ['webrtc', 'ports'], read: range },
  SWITCHROOM_MEDIA_THREADS: { path: ['mediaThreads'], read: whole },
  SWITCHROOM_SIP_TRACE_MEGABYTES: { path: ['sipTraceMegabytes'], read: whole },
  SWITCHROOM_GRACE_SECONDS: { path: ['graceSeconds'], read: whole },
  SWITCHROOM_LOG_LEVEL: { path: ['logLevel'], read: text },
  SWITCHROOM_SIDECAR_PORT: { path: ['sidecar', 'port'], read: whole },
  SWITCHROOM_SIDECAR_FILE: { path: ['sidecar', 'file'], read: text },
  SWITCHROOM_STANDBY: { path: ['standby'], read: truth },
  SWITCHROOM_RETENTION: { path: ['retention'], read: text },
  SWITCHROOM_DEMO: { path: ['demo'], read: truth },
};

/** Names of other variables that the programs and tests know; anything else beginning SWITCHROOM_ is a mistake. */
const otherVariables = new Set([
  'SWITCHROOM_CONFIG',
  'SWITCHROOM_ASTERISK_ROOT',
  'SWITCHROOM_ASTERISK_SECRET',
  'SWITCHROOM_DRACHTIO_SECRET',
  'SWITCHROOM_FREESWITCH_SECRET',
  'SWITCHROOM_TEST_INSTALL',
  'SWITCHROOM_CHILD',
]);

/**
 * Reads the settings. Paths come out absolute, relative to `cwd`.
 * @param env the environment; `SWITCHROOM_CONFIG` names the file, else `switchroom.json` in `cwd` where it exists
 * @throws settings-invalid naming the setting, where it came from and why
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): Settings {
  const merged: Record<string, unknown> = {};
  const origin = new Map<string, string>();

  const named = env.SWITCHROOM_CONFIG;
  const file = resolve(cwd, named ?? 'switchroom.json');
  if (named !== undefined && !existsSync(file)) {
    throw failed['settings-invalid']({ setting: 'SWITCHROOM_CONFIG', reason: `there is no file ${file}` });
  }
  if (existsSync(file)) Object.assign(merged, parseFile(file));
  for (const key of Object.keys(merged)) origin.set(key, file);

  for (const name of Object.keys(env)) {
    if (!name.startsWith('SWITCHROOM_') || otherVariables.has(name)) continue;
    const variable = variables[name];
    if (!variable) {
      const known = Object.keys(variables).join(', ');
      throw failed['settings-invalid']({ setting: name, reason: `is not a setting; known are ${known}` });
    }
    const value = env[name] ?? '';
    if (value === '') continue;
    put(merged, variable.path, variable.read(value, name));
    origin.set(variable.path.join('.'), name);
  }

  const parsed = settingsSchema.safeParse(merged);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.join('.') ?? '';
    const setting = origin.get(path) ?? origin.get(String(issue?.path[0])) ?? path;
    const at = setting === path || setting.startsWith('SWITCHROOM_') ? '' : `${path}: `;
    throw failed['settings-invalid']({ setting: setting || file, reason: `${at}${issue?.message ?? 'is not valid'}` });
  }
  const settings = parsed.data;
  settings.data = resolve(cwd, settings.data);
  settings.flows = resolve(cwd, settings.flows);
  settings.moments.folder = resolve(cwd, settings.moments.folder);
  resolveFiles(settings, cwd);
  settings.retention = resolve(cwd, settings.retention);
  settings.sidecar.file = resolve(cwd, settings.sidecar.file);
  return settings;
}

/** Files that settings name, relative to `cwd`: every `…File`, and those that have other names. */
function resolveFiles(settings: Settings, cwd: string): void {
  resolveNamed(settings, cwd);
  const { tls, login, audit, uplink, cloud } = settings;
  if (cloud?.tls) {
    cloud.tls.certificate = resolve(cwd, cloud.tls.certificate);
    cloud.tls.key = resolve(cwd, cloud.tls.key);
    if (cloud.tls.clientCa) cloud.tls.clientCa = resolve(cwd, cloud.tls.clientCa);
  }
  for (const file of ['policy', 'ca', 'certificate', 'certificateKey'] as const) {
    const path = uplink?.[file];
    if (uplink && path !== undefined) uplink[file] = resolve(cwd, path);
  }
  if (tls) {
    tls.certificate = resolve(cwd, tls.certificate);
    tls.key = resolve(cwd, tls.key);
  }
  if (login.ldap?.ca) login.ldap.ca = resolve(cwd, login.ldap.ca);
  if (audit.syslog?.ca) audit.syslog.ca = resolve(cwd, audit.syslog.ca);
}

/** `secretFile`, `caFile` and the like, those of hosts in lists, too. */
function resolveNamed(settings: object, cwd: string): void {
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value === 'string' && key.endsWith('File')) Object.assign(settings, { [key]: resolve(cwd, value) });
    else if (typeof value === 'object' && value !== null) resolveNamed(value, cwd);
  }
}

function parseFile(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('must be a JSON object');
    return value as Record<string, unknown>;
  } catch (error) {
    throw failed['settings-invalid']({ setting: file, reason: (error as Error).message }, { cause: error });
  }
}

function put(target: Record<string, unknown>, path: string[], value: unknown): void {
  let place = target;
  for (const key of path.slice(0, -1)) {
    const inner = place[key];
    place[key] = typeof inner === 'object' && inner !== null ? { ...inner } : {};
    place = place[key] as Record<string, unknown>;
  }
  place[path.at(-1) ?? ''] = value;
}

function text(value: string): string {
  return value;
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `sip1.bank.example:9022,192.0.2.7`. */
function hosts(value: string, name: string): { host: string; port?: number }[] {
  return list(value).map((one) => {
    const match = /^(?:\[([0-9a-f:]+)\]|([^:\s]+))(?::(\d+))?$/i.exec(one);
    if (!match) throw failed['settings-invalid']({ setting: name, reason: `"${one}" is not host:port` });
    const host = match[1] ?? match[2] ?? '';
    return match[3] === undefined ? { host } : { host, port: Number(match[3]) };
  });
}

/** `name=http://host:8088;host:5080`, several after commas. */
function asteriskHostsText(value: string, name: string): unknown[] {
  return list(value).map((one) => {
    const match = /^([^=]+)=([^;]+);(.+)$/.exec(one);
    if (!match) {
      throw failed['settings-invalid']({ setting: name, reason: `"${one}" is not name=ARI url;SIP host:port` });
    }
    return { name: match[1], url: match[2], sip: match[3] };
  });
}

function whole(value: string, name: string): number {
  if (!/^\d+$/.test(value))
    throw failed['settings-invalid']({ setting: name, reason: `"${value}" is not a whole number` });
  return Number(value);
}

function range(value: string, name: string): [number, number] {
  const match = /^(\d+)-(\d+)$/.exec(value);
  if (!match)
    throw failed['settings-invalid']({ setting: name, reason: `"${value}" is not a range such as 20000-29999` });
  return [Number(match[1]), Number(match[2])];
}

function truth(value: string, name: string): boolean {
  if (/^(1|true|yes)$/i.test(value)) return true;
  if (/^(0|false|no)$/i.test(value)) return false;
  throw failed['settings-invalid']({ setting: name, reason: `"${value}" is neither 1 nor 0` });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Of one that is not, emergency numbers would not be known. */
function isCountry(code: string): boolean {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  // What stands for another (UK, SU) has a name, too.
  return names.of(code) !== undefined && new Intl.Locale(`und-${code}`).region === code;
}

/** Scheme, host and port, nothing else, as browsers write it: what they send is compared with it letter by letter. */
function originOf(url: string): string {
  return new URL(url).origin;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && originOf(text) === text;
}
