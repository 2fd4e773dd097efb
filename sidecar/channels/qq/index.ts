// Official QQ bot: private chats, and groups where the bot is addressed. docs/channels/qq.md.
import type { ConnectorKind } from '../../connector.ts';
import { windows } from '../provider/index.ts';
import { QqConnector } from './connector.ts';
import { type QqSettings, qqSettings, qqWindows } from './settings.ts';

export const qq: ConnectorKind<QqSettings> = {
  kind: 'qq',
  channel: 'social',
  settings: qqSettings,
  policy: (settings) => ({
    windows: windows(qqWindows, settings.windows),
    text: { most: settings.textCharacters, unit: 'characters' },
  }),
  open: (settings, tools) => new QqConnector(settings, tools),
};
