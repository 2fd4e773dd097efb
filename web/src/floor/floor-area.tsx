import './floor.css';
import { lazy } from 'react';
import { type AreaPage, AreaView } from '../parts/area.tsx';
import { Callbacks } from './callbacks.tsx';
import { Contacts } from './contacts.tsx';
import { KnowledgePage } from './knowledge.tsx';
import { Live } from './live.tsx';
import { QualityPage } from './quality.tsx';
import { Reports } from './reports.tsx';
import { useFloorWords } from './words.ts';

const CustomersPage = lazy(() => import('../customers/customers-page.tsx'));
const MomentsPage = lazy(() => import('../moments/moments-page.tsx'));

/** What supervisors look at. */
export default function FloorArea({ path }: { path: string[] }) {
  const say = useFloorWords();
  const pages: AreaPage[] = [
    { name: 'live', icon: 'live', title: say('page.live'), page: () => <Live /> },
    { name: 'contacts', icon: 'phone', title: say('page.contacts'), page: (rest) => <Contacts rest={rest} /> },
    {
      name: 'customers',
      icon: 'person',
      title: say('page.customers'),
      page: (rest) => <CustomersPage rest={rest} />,
    },
    { name: 'moments', icon: 'bell', title: say('page.moments'), page: (rest) => <MomentsPage rest={rest} /> },
    { name: 'callbacks', icon: 'clock', title: say('page.callbacks'), page: () => <Callbacks /> },
    {
      name: 'quality',
      icon: 'check',
      title: say('page.quality'),
      page: (rest) => <QualityPage title={say('page.quality')} rest={rest} />,
    },
    { name: 'reports', icon: 'chart', title: say('page.reports'), page: () => <Reports /> },
    { name: 'knowledge', icon: 'book', title: say('page.knowledge'), page: (rest) => <KnowledgePage rest={rest} /> },
  ];
  return <AreaView area="floor" label={say('pages')} pages={pages} path={path} />;
}
