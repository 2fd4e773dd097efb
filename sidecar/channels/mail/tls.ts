// TLS to mail servers: always verified, by the well-known authorities or by the bank's own.
import { readFileSync } from 'node:fs';

export function tlsOf(server: { caFile?: string | undefined; serverName?: string | undefined }): {
  ca?: string;
  servername?: string;
  minVersion: 'TLSv1.2';
  rejectUnauthorized: true;
} {
  return {
    ...(server.caFile !== undefined && { ca: readFileSync(server.caFile, 'utf8') }),
    ...(server.serverName !== undefined && { servername: server.serverName }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  };
}
