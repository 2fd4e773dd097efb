// Weibo fans service (粉丝服务平台): private messages, and mentions that everybody reads. docs/channels/weibo.md.
import type { ConnectorKind } from '../../connector.ts';
import { windows } from '../provider/index.ts';
import { WeiboConnector } from './connector.ts';
import { type WeiboSettings, weiboSettings, weiboWindows } from './settings.ts';

export const weibo: ConnectorKind<WeiboSettings> = {
  kind: 'weibo',
  channel: 'social',
  settings: weiboSettings,
  policy: (settings) => ({
    windows: windows(weiboWindows, settings.windows),
    text: { most: settings.textCharacters, unit: 'characters' },
  }),
  open: (settings, tools) => new WeiboConnector(settings, tools),
};
