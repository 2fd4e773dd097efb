// A certificate and its key in files, read again when they change: certificates are renewed while calls go on.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { failed } from './errors.ts';

export interface CertificateFiles {
  /** Chain, PEM: the server's own certificate first. */
  certificate: string;
  key: string;
}

export interface Certificate {
  cert: string;
  key: string;
  /** Milliseconds since 1970 UTC. */
  endsAt: number;
}

/** @throws certificate-unusable naming the file and why: missing, no PEM, not a pair */
export function readCertificate({ certificate, key }: CertificateFiles): Certificate {
  const [cert, secret] = [read(certificate), read(key)];
  let own: X509Certificate;
  try {
    own = new X509Certificate(cert);
  } catch (cause) {
    throw failed['certificate-unusable']({ file: certificate, reason: 'it holds no certificate in PEM' }, { cause });
  }
  try {
    if (!own.checkPrivateKey(createPrivateKey(secret))) throw new Error(`it is not the key of ${certificate}`);
    createSecureContext({ cert, key: secret });
  } catch (cause) {
    throw failed['certificate-unusable']({ file: key, reason: (cause as Error).message }, { cause });
  }
  return { cert, key: secret, endsAt: Date.parse(own.validTo) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw failed['certificate-unusable']({ file, reason: (cause as Error).message }, { cause });
  }
}

/**
 * Looks at the files every so often (links are followed, so that it works with what ACME clients and secret mounts do) and
 * hands over a new pair once it is whole; while it is not, the old one stays in use.
 * @returns how to stop
 */
export function watchCertificate(
  files: CertificateFiles,
  { everyMs = 10_000, logger, changed }: { everyMs?: number; logger: Logger; changed: (now: Certificate) => void },
): () => void {
  let seen = marks(files);
  const look = (): void => {
    const now = marks(files);
    if (now === seen) return;
    seen = now;
    try {
      const certificate = readCertificate(files);
      changed(certificate);
      logger.info({ file: files.certificate, endsAt: certificate.endsAt }, 'the certificate was read again');
    } catch (error) {
      logger.error({ err: error }, 'the new certificate cannot be used; the old one stays');
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}

/** What tells one state of the files from another. */
function marks({ certificate, key }: CertificateFiles): string {
  return [certificate, key]
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    })
    .join(' ');
}
