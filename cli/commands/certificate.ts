// certificate create: one that signs itself, with what to do so that browsers trust it.
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import { failed } from '../errors.ts';
import { commaList, wholeNumber } from '../options.ts';
import { selfSigned } from '../self-signed.ts';

interface Options {
  hosts?: string;
  days: string;
  force?: boolean;
}

/** A hundred years. */
const mostDays = 36_500;

export function addCertificateCommands(switchroom: Command): void {
  const certificate = switchroom.command('certificate').description('HTTPS for the panels: make a certificate');
  certificate
    .command('create')
    .description(
      'make a certificate that signs itself, for sites without an authority, and say how browsers get to trust it',
    )
    .option('--hosts <list>', 'names and addresses that browsers use (default: the name of this machine, and "bind")')
    .option('--days <n>', 'how long it holds', '825')
    .option('--force', 'replace the one that is there; running programs take the new one over')
    .action(create);
}

async function create(options: Options): Promise<void> {
  const settings = readSettings();
  const [first, ...more] = hostsOf(options, settings.bind);
  if (first === undefined) throw failed['option-invalid']({ option: '--hosts', reason: 'it names nothing' });
  const days = wholeNumber('--days', options.days);
  if (days < 1 || days > mostDays)
    throw failed['option-invalid']({ option: '--days', reason: `from 1 to ${mostDays}` });

  const folder = join(settings.data, 'tls');
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  if (!options.force && (existsSync(certificate) || existsSync(key))) {
    throw failed['certificate-there']({ file: certificate });
  }
  // An hour back: clocks differ.
  const from = new Date(Date.now() - 3_600_000);
  const made = selfSigned([first, ...more], { from, to: new Date(from.getTime() + days * 86_400_000) });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(key, made.key, { mode: 0o600 });
  writeFileSync(certificate, made.certificate, { mode: 0o644 });
  const { fingerprint256, validTo } = new X509Certificate(made.certificate);
  process.stdout.write(`A certificate for ${[first, ...more].join(', ')}, until ${validTo}:
  ${certificate}
  ${key}

1. Put this into switchroom.json and start again (later certificates are taken over while it runs):
     "tls": { "certificate": ${JSON.stringify(certificate)}, "key": ${JSON.stringify(key)} }
2. Let browsers trust it, or they warn and give no microphone. Copy certificate.pem (never key.pem) to each machine:
     Windows   certutil -addstore Root certificate.pem   (or by group policy: Trusted Root Certification Authorities)
     macOS     sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain certificate.pem
     Linux     Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n switchroom -i certificate.pem
     Firefox   Settings, Certificates, Servers, Add Exception
3. Compare the fingerprint there (SHA-256):
     ${fingerprint256}
`);
}

function hostsOf({ hosts }: Options, bind: readonly string[]): string[] {
  if (hosts === undefined)
    return [...new Set([hostname(), 'localhost', ...bind.filter((one) => !/^(0\.0\.0\.0|::)$/.test(one))])];
  const given = [...new Set(commaList(hosts))];
  for (const host of given) {
    const isName = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(
      host,
    );
    if (isIP(host) === 0 && !(isName && host.length <= 253)) {
      throw failed['option-invalid']({
        option: '--hosts',
        reason: `"${host}" is neither a host name nor an IP address`,
      });
    }
  }
  return given;
}
