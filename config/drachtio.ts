// A drachtio-server in place of the edge's SIP: where it is, and its secret.
import { z } from 'zod';
import { readSecret } from './secrets.ts';

const hostSchema = z
  .object({
    host: z.string().min(1),
    /** Of its administration, where the server logs in. */
    port: z.number().int().min(1).max(65535).default(9022),
    tls: z.boolean().default(false),
    /** File with its secret; else the one for all. */
    secretFile: z.string().min(1).optional(),
    /** Environment variable with its secret. */
    secretEnv: z.string().min(1).optional(),
  })
  .strict();

export const drachtioSchema = z
  .object({
    /** In order of preference. */
    hosts: z.array(hostSchema).min(1, { message: 'must name at least one drachtio-server' }),
    /** File with the secret of all of them; else the environment variable SWITCHROOM_DRACHTIO_SECRET. */
    secretFile: z.string().min(1).optional(),
  })
  .strict();

export interface DrachtioHost {
  host: string;
  port: number;
  tls: boolean;
  secret: string;
}

/** The drachtio-servers with their secrets. @throws settings-invalid where a secret is missing or cannot be read */
export function drachtioHosts(
  drachtio: z.infer<typeof drachtioSchema>,
  env: NodeJS.ProcessEnv = process.env,
): DrachtioHost[] {
  return drachtio.hosts.map(({ host, port, tls, secretFile, secretEnv }, index) => {
    const variable = secretEnv ?? 'SWITCHROOM_DRACHTIO_SECRET';
    const file = secretFile ?? (secretEnv === undefined ? drachtio.secretFile : undefined);
    return { host, port, tls, secret: readSecret(`drachtio.hosts.${index}`, { file, variable }, env) };
  });
}
