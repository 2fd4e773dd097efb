// WeChat Official Account (服务号, 订阅号). docs/channels/wechat.md.
import type { ConnectorKind } from '../../connector.ts';
import { windows } from '../provider/index.ts';
import { WechatConnector } from './connector.ts';
import { partsOf } from './outgoing.ts';
import { type WechatSettings, wechatSettings, wechatWindows } from './settings.ts';

export const wechat: ConnectorKind<WechatSettings> = {
  kind: 'wechat',
  channel: 'social',
  settings: wechatSettings,
  policy: (settings) => ({
    windows: windows(wechatWindows, settings.windows),
    free: ['template'],
    costs: (content) => Math.max(1, partsOf(content, settings.templates).length),
    text: { most: settings.textBytes, unit: 'bytes' },
  }),
  open: (settings, tools) => new WechatConnector(settings, tools),
};
