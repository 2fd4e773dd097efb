// What doctor says of the engines that stand in for the edge.
import { drachtioHosts, freeswitchSecret, type Settings } from '../config/index.ts';
import { askEventSocket, profileAddress } from '../media/freeswitch/index.ts';
import { SwitchroomError } from '../values/index.ts';
import { asteriskFindings } from './asterisk-checks.ts';
import { logInToDrachtio } from './drachtio-login.ts';
import type { Finding } from './finding.ts';

/** Empty where the edge does everything. */
export async function engineFindings(settings: Settings): Promise<Finding[]> {
  return [...(await drachtio(settings)), ...(await freeswitch(settings)), ...(await asteriskFindings(settings))];
}

async function drachtio({ drachtio: wanted }: Settings): Promise<Finding[]> {
  if (!wanted) return [];
  const what = 'drachtio-server';
  let hosts: ReturnType<typeof drachtioHosts>;
  try {
    hosts = drachtioHosts(wanted);
  } catch (error) {
    return [unreadable(what, error)];
  }
  return Promise.all(
    hosts.map(async (host): Promise<Finding> => {
      const where = `${host.host}:${host.port}`;
      const login = await logInToDrachtio(host);
      if ('unreachable' in login) {
        const mend = 'start it, and let this host reach its administration port';
        return { what, state: 'bad', says: `${where}: ${login.unreachable}`, mend };
      }
      if ('refused' in login) {
        const mend = 'give both the same secret (<admin secret=…> in drachtio.conf.xml)';
        return { what, state: 'bad', says: `${where} refused us: ${login.refused}`, mend };
      }
      const local = ['127.0.0.1', '::1', 'localhost'].includes(host.host);
      if (!local && !host.tls) {
        const mend = 'set "tls", or keep it in a network of its own: the secret and all of SIP pass there in clear';
        return { what, state: 'warn', says: `${where} ${login.version}, reached without TLS`, mend };
      }
      return { what, state: 'ok', says: `${where} ${login.version} listens on ${login.listening}` };
    }),
  );
}

async function freeswitch({ media, freeswitch: wanted }: Settings): Promise<Finding[]> {
  if (media !== 'freeswitch') return [];
  const what = 'FreeSWITCH';
  const at = { host: wanted.host, port: wanted.port };
  const where = `${at.host}:${at.port}`;
  let secret: string;
  try {
    secret = freeswitchSecret(wanted);
  } catch (error) {
    return [unreadable(what, error)];
  }
  const found: Finding[] = [];
  try {
    const address = profileAddress(await askEventSocket({ ...at, secret }, 'sofia status'), wanted.profile);
    if (address === undefined) {
      const mend = 'see media/freeswitch/etc, or name another in freeswitch.profile';
      found.push({ what, state: 'bad', says: `${where} has no Sofia profile ${wanted.profile}`, mend });
    } else found.push({ what, state: 'ok', says: `${where} takes SIP on ${address}` });
  } catch (error) {
    const mend = 'start it, give both the same password, and let its acl admit this host';
    return [{ what, state: 'bad', says: (error as Error).message, mend }];
  }
  try {
    await askEventSocket({ ...at, secret: 'ClueCon' }, 'status');
    const mend = 'set SWITCHROOM_FREESWITCH_SECRET for FreeSWITCH too: an empty password becomes the default one';
    found.push({ what, state: 'bad', says: `${where} takes FreeSWITCH's well-known default password`, mend });
  } catch {
    // Refused, as it should be.
  }
  return found;
}

function unreadable(what: string, error: unknown): Finding {
  if (!(error instanceof SwitchroomError)) throw error;
  return { what, state: 'bad', says: error.message, mend: 'put the secret where the settings say' };
}
