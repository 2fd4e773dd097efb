// Asterisk's configuration files from the templates in etc/: the same for production, for compose and for the tests.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asteriskErrors } from './errors.ts';

export interface AsteriskConfiguration {
  /** Where the files go (`astetcdir`). */
  etc: string;
  /** Folder of everything that Asterisk writes. */
  var: string;
  /** Folders of the installed Asterisk: its modules, and what it came with. */
  modules: string;
  data: string;
  /** ARI's HTTP. */
  http: { address: string; port: number };
  /** The same over TLS, for a server on another machine. Files in PEM, readable by Asterisk. */
  https?: { place: string; certificate: string; key: string } | undefined;
  /** TCP port of the manager on loopback; nobody is let in there. */
  managerPort: number;
  /** SIP over UDP: `192.0.2.10:5080`. */
  sip: string;
  /** Told in SDP, and bound. */
  rtp: { address: string; first: number; last: number };
  /** The server's login for ARI and the manager. */
  user: string;
  secret: string;
  /** Address that the server comes from. */
  server: string;
  /** Addresses that SIP comes from. */
  edge: readonly string[];
  /** Most calls; 0: no limit. */
  maxCalls: number;
}

const templates = join(import.meta.dirname, 'etc');

/** Others may not enter: recordings are among what Asterisk writes. */
const folderMode = 0o750;

/** Writes all files; they, and what Asterisk writes later, are readable by this user (and group) only. @throws asterisk-configuration */
export function writeAsteriskConfiguration(configuration: AsteriskConfiguration): void {
  const values = valuesOf(configuration);
  mkdirSync(configuration.etc, { recursive: true });
  for (const folder of [
    'cache',
    'lib/keys',
    'lib/agi-bin',
    'spool/recording',
    'spool/monitor',
    'spool/tmp',
    'run',
    'log',
  ]) {
    mkdirSync(join(configuration.var, folder), { recursive: true, mode: folderMode });
  }
  for (const name of readdirSync(templates)) {
    const text = readFileSync(join(templates, name), 'utf8').replace(/^.*@[A-Z_]+@.*\n/gm, (line) => {
      let whole = true;
      const filled = line.replace(/@([A-Z_]+)@/g, (_all, key: string) => {
        if (!values.has(key)) throw asteriskErrors['asterisk-configuration']({ reason: `${name} wants ${key}` });
        const value = values.get(key);
        whole &&= value !== undefined;
        return value ?? '';
      });
      return whole ? filled : '';
    });
    const file = join(configuration.etc, name);
    writeFileSync(file, text, { mode: 0o640 });
    chmodSync(file, 0o640);
  }
}

/** A line with a value that is undefined is left out. */
function valuesOf(configuration: AsteriskConfiguration): Map<string, string | undefined> {
  const { http, https, rtp } = configuration;
  const values = new Map<string, string | undefined>(
    Object.entries({
      ETC: configuration.etc,
      VAR: configuration.var,
      MODULES: configuration.modules,
      DATA: configuration.data,
      HTTP_ADDRESS: http.address,
      HTTP_PORT: String(http.port),
      HTTPS_ENABLED: https && 'yes',
      HTTPS: https?.place,
      HTTPS_CERTIFICATE: https?.certificate,
      HTTPS_KEY: https?.key,
      MANAGER_PORT: String(configuration.managerPort),
      SIP: configuration.sip,
      RTP_ADDRESS: rtp.address,
      RTP_FIRST: String(rtp.first),
      RTP_LAST: String(rtp.last),
      USER: configuration.user,
      SECRET: configuration.secret,
      SERVER: configuration.server,
      EDGE: configuration.edge.join(','),
      MAX_CALLS: String(configuration.maxCalls),
    }),
  );
  for (const [key, value] of values) {
    // A line break would be a line of its own in the file, and a semicolon the end of it.
    if (value !== undefined && (value === '' || /[\r\n;]/.test(value))) {
      throw asteriskErrors['asterisk-configuration']({ reason: `${key} is empty, or holds a line break or semicolon` });
    }
  }
  return values;
}
