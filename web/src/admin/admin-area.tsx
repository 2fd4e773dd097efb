import { lazy } from 'react';
import { type AreaPage, AreaView } from '../parts/area.tsx';
import { ImportsPage } from './imports/imports-page.tsx';
import { kinds } from './kinds.ts';
import { RecordsPage } from './records-page.tsx';
import { useAdminWords } from './words.ts';

const AuditPage = lazy(() => import('./audit/audit-page.tsx'));
const ChannelHealthPage = lazy(() => import('./channel-health/channel-health-page.tsx'));
const FormsPage = lazy(() => import('./forms/forms-page.tsx'));
const FlowsPage = lazy(() => import('./flows/flows-page.tsx'));
const HealthPage = lazy(() => import('./health/health-page.tsx'));
const SipPage = lazy(() => import('./sip/sip-page.tsx'));

/** What administrators keep. */
export default function AdminArea({ path }: { path: string[] }) {
  const say = useAdminWords();
  const pages: AreaPage[] = kinds.map((kind) => ({
    name: kind.name,
    icon: kind.icon,
    title: say(`kind.${kind.name}`),
    group: say('group.directory'),
    page: (rest) => <RecordsPage kind={kind} rest={rest} />,
  }));
  pages.push({
    name: 'imports',
    icon: 'out',
    title: say('page.imports'),
    group: say('group.directory'),
    page: () => <ImportsPage title={say('page.imports')} />,
  });
  pages.push({
    name: 'flows',
    icon: 'flow',
    title: say('page.flows'),
    group: say('group.calls'),
    page: (rest) => <FlowsPage rest={rest} />,
  });
  pages.push({
    name: 'forms',
    icon: 'check',
    title: say('page.forms'),
    group: say('group.calls'),
    page: (rest) => <FormsPage title={say('page.forms')} rest={rest} />,
  });
  pages.push({
    name: 'sip',
    icon: 'transfer',
    title: say('page.sip'),
    group: say('group.calls'),
    page: (rest) => <SipPage rest={rest} />,
  });
  pages.push({
    name: 'health',
    icon: 'live',
    title: say('page.health'),
    group: say('group.operation'),
    page: () => <HealthPage />,
  });
  pages.push({
    name: 'channel-health',
    icon: 'chat',
    title: say('page.channel-health'),
    group: say('group.operation'),
    page: () => <ChannelHealthPage />,
  });
  pages.push({
    name: 'audit',
    icon: 'clock',
    title: say('page.audit'),
    group: say('group.operation'),
    page: (rest) => <AuditPage rest={rest} />,
  });
  return <AreaView area="admin" label={say('pages')} pages={pages} path={path} />;
}
