// What a channel of kind `wechat` is told: one Official Account (服务号 or 订阅号).
import { z } from 'zod';
import { secret } from '../../connector.ts';
import { apiBase, freshnessSetting, languageSetting, type WindowSettings, windowSettings } from '../provider/index.ts';

const button = z.looseObject({ type: z.string().optional(), name: z.string().min(1).max(60) });

export const wechatSettings = z
  .strictObject({
    appId: z.string().regex(/^wx[0-9a-z]{6,40}$/),
    appSecret: secret,
    /** The word that the callbacks are signed with, as set in the account's console. */
    token: secret.refine((text) => /^[0-9A-Za-z]{3,32}$/.test(text), { message: 'must be 3 to 32 letters and digits' }),
    /** 43 characters, from the console; needed in the modes `compatible` and `safe`. */
    encodingAesKey: secret
      .refine((text) => /^[0-9A-Za-z]{43}$/.test(text), { message: 'must be 43 letters and digits' })
      .optional(),
    mode: z.enum(['plain', 'compatible', 'safe']).default('safe'),
    api: apiBase('https://api.weixin.qq.com'),
    /** `stable`: /cgi-bin/stable_token, which other programs with the same account do not invalidate. */
    accessToken: z.enum(['stable', 'classic']).default('stable'),
    /** The service account that answers (`kf2001@gh_…`); absent: the account itself. */
    kfAccount: z.string().min(1).max(100).optional(),
    /** Waits so long for an answer that can go as the passive reply, which costs no quota. 0: never. The provider waits 5 s. */
    passiveReplyMs: z.number().int().min(0).max(4_000).default(0),
    /** Asks user/info for the unionid, so that the same person is known in a mini program or another account. */
    identify: z.boolean().default(true),
    /** The account's menu, as /cgi-bin/menu/create takes it; set at the start where it changed. */
    menu: z.strictObject({ button: z.array(button).min(1).max(3) }).optional(),
    /** Names that flows use for templates → template ids; what is not here is taken as the id itself. */
    templates: z
      .record(
        z.string().min(1).max(200),
        z.strictObject({
          id: z.string().min(1).max(200),
          /** `subscription`: goes by message/subscribe/bizsend. */
          kind: z.enum(['template', 'subscription']).default('template'),
        }),
      )
      .default({}),
    /** Events of the account that mean that the customer paid. */
    paymentEvents: z.array(z.string()).default(['user_pay_from_pay_cell']),
    windows: windowSettings,
    textBytes: z.number().int().min(100).max(20_000).default(2_048),
    freshSeconds: freshnessSetting,
    language: languageSetting,
  })
  .refine(({ mode, encodingAesKey }) => mode === 'plain' || encodingAesKey !== undefined, {
    path: ['encodingAesKey'],
    message: 'is needed unless the mode is plain',
  });
export type WechatSettings = z.infer<typeof wechatSettings>;

/** What the provider allows at the time of writing; settings.windows says otherwise. */
export const wechatWindows: WindowSettings = {
  message: { seconds: 48 * 3_600, most: 5 },
  menu: { seconds: 60, most: 3 },
  follow: { seconds: 60, most: 3 },
  scan: { seconds: 60, most: 3 },
  payment: { seconds: 48 * 3_600 },
};
