// FreeSWITCH as the media engine: where its event socket is, and where both sides find audio.
import { z } from 'zod';
import { readSecret } from './secrets.ts';

export const freeswitchSchema = z
  .object({
    /** Of its event socket. */
    host: z.string().min(1).default('127.0.0.1'),
    port: z.number().int().min(1).max(65535).default(8021),
    /** File with the event socket's password; else the environment variable SWITCHROOM_FREESWITCH_SECRET. */
    secretFile: z.string().min(1).optional(),
    /** Sofia profile that takes our INVITEs. */
    profile: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, _ and -')
      .default('drachtio_mrf'),
    /** Our address for its connections, one for each call; another than the loopback where FreeSWITCH is another host. */
    listen: z.string().min(1).default('127.0.0.1'),
    listenPort: z.number().int().min(0).max(65535).default(0),
    /** Folder of prompts and recordings that both can read and write; default: `freeswitch` in the data folder. */
    folder: z.string().min(1).optional(),
    /** The same folder as FreeSWITCH calls it, where it has another name there. */
    folderThere: z.string().min(1).optional(),
  })
  .strict();

export type FreeswitchSettings = z.infer<typeof freeswitchSchema>;

/** The password of the event socket. @throws settings-invalid where there is none */
export function freeswitchSecret(settings: FreeswitchSettings, env: NodeJS.ProcessEnv = process.env): string {
  const where = { file: settings.secretFile, variable: 'SWITCHROOM_FREESWITCH_SECRET' };
  return readSecret('freeswitch.secretFile', where, env);
}
