// Web chat: a widget on the bank's pages (web/chat), one WebSocket for each visitor (protocol.ts, docs/channels.md).
import type { ConnectorKind } from '../../connector.ts';
import { type WebchatSettings, webchatSettings } from './settings.ts';
import { WebchatConnector } from './webchat-connector.ts';

export const webchat: ConnectorKind<WebchatSettings> = {
  kind: 'webchat',
  channel: 'chat',
  settings: webchatSettings,
  policy: { always: true, windows: {} },
  open: (settings, tools) => new WebchatConnector(settings, tools),
};
