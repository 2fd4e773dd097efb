// The cloud in a process of its own, with one tenant and one site. Arguments: database, the site's public key.
import { pino } from 'pino';
import { startCloud } from '../../../cloud/index.ts';

const [database = '', publicKey = ''] = process.argv.slice(2);
const cloud = await startCloud({ database, port: 0, bind: ['127.0.0.1'] }, pino({ level: 'silent' }));
await cloud.tenants.add('bench', 'Bench', Date.now());
await cloud.tenants.addSite('bench', 'bench', publicKey, Date.now());
process.send?.(`${cloud.addresses[0]}/t/bench`);
process.once('SIGTERM', () => void cloud.stop().then(() => process.exit(0)));
