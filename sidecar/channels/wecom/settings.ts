// What a channel of kind `wecom` is told: WeChat customer service (微信客服) of a WeCom company.
import { z } from 'zod';
import { secret } from '../../connector.ts';
import { apiBase, freshnessSetting, languageSetting, type WindowSettings, windowSettings } from '../provider/index.ts';

export const wecomSettings = z.strictObject({
  corpId: z.string().regex(/^w[0-9A-Za-z_-]{6,40}$/),
  /** The secret of 微信客服 itself: that of another application is refused. */
  secret,
  token: secret.refine((text) => /^[0-9A-Za-z]{1,32}$/.test(text), { message: 'must be up to 32 letters and digits' }),
  encodingAesKey: secret.refine((text) => /^[0-9A-Za-z]{43}$/.test(text), { message: 'must be 43 letters and digits' }),
  api: apiBase('https://qyapi.weixin.qq.com'),
  /** Accounts (open_kfid) of this channel; absent: all that the secret may see. */
  accounts: z.array(z.string().min(1).max(64)).optional(),
  /** Said to who opens the conversation, within 20 s and once in 48 h (welcome_code); absent: a flow may greet instead. */
  welcome: z.string().min(1).max(1_000).optional(),
  /** Said when we end the conversation (msg_code), where the provider gives an occasion. */
  goodbye: z.string().min(1).max(1_000).optional(),
  /**
   * userid of the person in WeCom to whom conversations go while an agent answers. The provider takes nothing from us then: the
   * agents answer in WeCom's app. Absent: our agents answer, and the provider is told that its assistant does.
   */
  servicer: z.string().min(1).max(64).optional(),
  /** Tells the provider when a conversation ended here. */
  endSessions: z.boolean().default(true),
  /** Asks for names and unionids (kf/customer/batchget). */
  identify: z.boolean().default(true),
  /** Looks for messages that often besides the callbacks, in case one was lost; 0: never. */
  pollSeconds: z.number().int().min(0).max(86_400).default(300),
  windows: windowSettings,
  textBytes: z.number().int().min(100).max(20_000).default(2_048),
  freshSeconds: freshnessSetting,
  language: languageSetting,
});
export type WecomSettings = z.infer<typeof wecomSettings>;

/** What the provider allows at the time of writing; settings.windows says otherwise. `enter`: the welcome_code. */
export const wecomWindows: WindowSettings = {
  message: { seconds: 48 * 3_600, most: 5 },
  enter: { seconds: 20, most: 1 },
};
