// What doctor says of the Asterisk hosts.
import { type AsteriskHostSettings, asteriskHosts, type Settings } from '../config/index.ts';
import { SwitchroomError } from '../values/index.ts';
import type { Finding } from './finding.ts';

/** Empty where media is another engine. */
export async function asteriskFindings({ media, asterisk }: Settings): Promise<Finding[]> {
  if (media !== 'asterisk') return [];
  let hosts: AsteriskHostSettings[];
  try {
    hosts = asteriskHosts(asterisk);
  } catch (error) {
    if (!(error instanceof SwitchroomError)) throw error;
    return [{ what: 'Asterisk', state: 'bad', says: error.message, mend: 'correct asterisk in the settings' }];
  }
  return Promise.all(hosts.map(finding));
}

async function finding(host: AsteriskHostSettings): Promise<Finding> {
  const what = `Asterisk ${host.name}`;
  // Only here: other commands need not load the engine's client.
  const { checkAsterisk } = await import('../media/asterisk/index.ts');
  const { version, missing, problems } = await checkAsterisk(host);
  if (problems.length > 0) {
    const mend = 'start it with the files of `switchroom asterisk configure`, and let this machine reach its HTTP port';
    return { what, state: 'bad', says: `${host.url}: ${problems.join('; ')}`, mend };
  }
  if (missing.length > 0) {
    const mend = 'load them: see media/asterisk/etc/modules.conf';
    return { what, state: 'bad', says: `${host.url} lacks ${missing.join(', ')}`, mend };
  }
  const guarded = host.url.startsWith('https:') || /^http:\/\/(127\.|localhost|\[::1\])/.test(host.url);
  if (!guarded) {
    const mend = 'use https, or keep it in a network of its own: the password and keyed digits pass there in clear';
    return { what, state: 'warn', says: `${version} at ${host.url}, reached without TLS`, mend };
  }
  return { what, state: 'ok', says: `${version} at ${host.url} has all modules` };
}
