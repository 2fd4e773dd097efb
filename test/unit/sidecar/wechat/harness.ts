// One Official Account, simulated, and the sidecar's core with its connector.

import { wechat } from '../../../../sidecar/channels/wechat/index.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { type WechatAccount, WechatSimulator } from '../../../simulators/wechat/index.ts';
import { Harness, type HarnessOptions } from '../harness.ts';

export const account: WechatAccount = {
  appId: 'wx49f0ab532d5d035a',
  secret: 'the account secret',
  token: 'callbacktoken',
  aesKey: 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR',
  mode: 'safe',
};

export interface Pair {
  wechat: WechatSimulator;
  harness: Harness;
  stop(): Promise<void>;
}

export async function startPair(
  change: Partial<WechatAccount> = {},
  settings: Record<string, unknown> = {},
  more: Partial<HarnessOptions<unknown>> = {},
): Promise<Pair> {
  const simulator = await new WechatSimulator({ ...account, ...change }).start();
  const { appId, secret, token, aesKey, mode } = simulator.account;
  const read = wechat.settings.parse({
    appId,
    appSecret: new SecretText(secret),
    token: new SecretText(token),
    encodingAesKey: new SecretText(aesKey),
    mode,
    api: simulator.url,
    ...settings,
  });
  const harness = await Harness.start({
    ...more,
    kind: wechat,
    settings: read,
    channel: 'bank-wechat',
    clock: simulator.clock,
  });
  simulator.callback = `${harness.url}/hooks/bank-wechat`;
  return {
    wechat: simulator,
    harness,
    async stop() {
      await harness.stop();
      await simulator.stop();
    },
  };
}
