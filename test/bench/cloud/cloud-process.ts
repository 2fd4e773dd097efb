// The cloud in a process of its own, with one tenant and one site. Arguments: database, the site's public key (empty: it was
// here before), port (default: a free one).
import { pino } from 'pino';
import { startCloud } from '../../../cloud/index.ts';

const [database = '', publicKey = '', port = '0'] = process.argv.slice(2);
const cloud = await startCloud({ database, port: Number(port), bind: ['127.0.0.1'] }, pino({ level: 'silent' }));
if (publicKey !== '') {
  await cloud.tenants.add('bench', 'Bench', Date.now());
  await cloud.tenants.addSite('bench', 'bench', publicKey, Date.now());
}
process.send?.(`${cloud.addresses[0]}/t/bench`);
process.once('SIGTERM', () => void cloud.stop().then(() => process.exit(0)));
