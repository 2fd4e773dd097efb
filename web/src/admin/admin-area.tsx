import { lazy } from 'react';
import { type AreaPage, AreaView } from '../parts/area.tsx';
import { kinds } from './kinds.ts';
import { RecordsPage } from './records-page.tsx';
import { useAdminWords } from './words.ts';

const FlowsPage = lazy(() => import('./flows/flows-page.tsx'));

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
    name: 'flows',
    icon: 'flow',
    title: say('page.flows'),
    group: say('group.calls'),
    page: (rest) => <FlowsPage rest={rest} />,
  });
  return <AreaView area="admin" label={say('pages')} pages={pages} path={path} />;
}
