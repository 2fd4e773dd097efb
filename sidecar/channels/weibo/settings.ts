// What a channel of kind `weibo` is told: the fans service (粉丝服务平台) of one verified account.
import { z } from 'zod';
import { secret } from '../../connector.ts';
import { apiBase, freshnessSetting, languageSetting, type WindowSettings, windowSettings } from '../provider/index.ts';

export const weiboSettings = z.strictObject({
  /** Of the application: callbacks are signed with it. */
  appSecret: secret,
  /** From the console of the fans service; good for about a year, and renewed there by hand. */
  accessToken: secret,
  api: apiBase('https://c.api.weibo.com'),
  /** Where posts and comments are looked up. */
  openApi: apiBase('https://api.weibo.com'),
  uploadApi: apiBase('https://upload.api.weibo.com'),
  /** Messages must be signed as the check of the address is. */
  requireSignature: z.boolean().default(true),
  /** How a mention is answered: under the post for everybody to read, or as a private message. */
  mentionReply: z.enum(['public', 'private']).default('public'),
  /** Address from which we act: the provider asks for it with public comments. */
  operatorIp: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Looks up reach and figures of a post that mentions us. */
  lookUp: z.boolean().default(true),
  windows: windowSettings,
  textCharacters: z.number().int().min(50).max(10_000).default(300),
  commentCharacters: z.number().int().min(50).max(10_000).default(140),
  freshSeconds: freshnessSetting,
  language: languageSetting,
});
export type WeiboSettings = z.infer<typeof weiboSettings>;

const hours48 = 48 * 3_600;

/** What the provider allows at the time of writing; settings.windows says otherwise. `public`: comments, which it counts otherwise. */
export const weiboWindows: WindowSettings = {
  message: { seconds: hours48 },
  follow: { seconds: hours48 },
  menu: { seconds: hours48 },
  scan: { seconds: hours48 },
  mention: { seconds: hours48, most: 1 },
  public: { seconds: 30 * 86_400 },
};
