// Every kind of connector that the sidecar knows: one line each.
import type { ConnectorKind } from '../connector.ts';
import { mail } from './mail/index.ts';
import { qq } from './qq/index.ts';
import { sms } from './sms/index.ts';
import { webchat } from './webchat/index.ts';
import { webhook } from './webhook/index.ts';
import { wechat } from './wechat/index.ts';
import { wecom } from './wecom/index.ts';
import { weibo } from './weibo/index.ts';

/** Its settings have passed its own schema before it is opened: that makes it safe to forget their type here. */
function known<Settings>(kind: ConnectorKind<Settings>): ConnectorKind {
  return kind as unknown as ConnectorKind;
}

export const connectorKinds: readonly ConnectorKind[] = [
  known(webchat),
  known(webhook),
  known(mail),
  known(sms),
  known(wechat),
  known(wecom),
  known(weibo),
  known(qq),
];
