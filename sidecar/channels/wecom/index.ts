// WeChat customer service (微信客服) of a WeCom company. docs/channels/wecom.md.
import type { ConnectorKind } from '../../connector.ts';
import { windows } from '../provider/index.ts';
import { WecomConnector } from './connector.ts';
import { type WecomSettings, wecomSettings, wecomWindows } from './settings.ts';

export const wecom: ConnectorKind<WecomSettings> = {
  kind: 'wecom',
  channel: 'social',
  settings: wecomSettings,
  policy: (settings) => ({
    windows: windows(wecomWindows, settings.windows),
    text: { most: settings.textBytes, unit: 'bytes' },
  }),
  open: (settings, tools) => new WecomConnector(settings, tools),
};
