// What a channel of kind `qq` is told: one official QQ bot.
import { z } from 'zod';
import { secret } from '../../connector.ts';
import { apiBase, freshnessSetting, languageSetting, type WindowSettings, windowSettings } from '../provider/index.ts';

export const qqSettings = z.strictObject({
  appId: z.string().regex(/^\d{5,20}$/),
  /** AppSecret: gives access tokens, and is the seed of the key that callbacks are signed with. */
  secret: secret.refine((text) => text.length > 0, { message: 'is empty' }),
  api: apiBase('https://api.sgroup.qq.com'),
  tokenApi: apiBase('https://bots.qq.com'),
  /** Hosts, and all below them, that attachments are fetched from. */
  mediaHosts: z.array(z.string().min(3)).default(['qq.com', 'qq.com.cn', 'qpic.cn', 'gtimg.cn', 'myqcloud.com']),
  /** Only for tests on this machine: attachments by http. */
  mediaByHttp: z.boolean().default(false),
  /** The provider opens files (neither picture, voice nor video) to some bots only. */
  sendFiles: z.boolean().default(false),
  /** Menus are buttons, not numbered lines. The provider opens Markdown and buttons to some bots only. */
  buttons: z.boolean().default(false),
  windows: windowSettings,
  textCharacters: z.number().int().min(100).max(20_000).default(1_500),
  freshSeconds: freshnessSetting,
  language: languageSetting,
});
export type QqSettings = z.infer<typeof qqSettings>;

/** What the provider allows at the time of writing; settings.windows says otherwise. */
export const qqWindows: WindowSettings = {
  c2c: { seconds: 3_600, most: 5 },
  group: { seconds: 300, most: 5 },
  follow: { seconds: 3_600, most: 5 },
};
