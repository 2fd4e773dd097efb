import { lazy } from 'react';
import { usePanel } from '../panel-context.ts';
import { type AreaPage, AreaView } from '../parts/area.tsx';
import { useWorkWords } from './words.ts';

const WorkItemsPage = lazy(() => import('../work-items/work-items-page.tsx'));
const SocialPage = lazy(() => import('../social/social-page.tsx'));
const ApprovalsPage = lazy(() => import('../social/approvals-page.tsx'));

/** What is done in writing beside the desk: work items, and what is said about us in public. */
export default function WorkArea({ path }: { path: string[] }) {
  const { state } = usePanel();
  const say = useWorkWords();
  const { work = [], social = [] } = state.setup?.written ?? {};
  const pages: AreaPage[] = [];
  if (work.length > 0)
    pages.push({
      name: 'items',
      icon: 'check',
      title: say('page.items'),
      page: (rest) => <WorkItemsPage rest={rest} />,
    });
  if (social.length > 0) {
    pages.push({
      name: 'social',
      icon: 'chat',
      title: say('page.social'),
      page: (rest) => <SocialPage rest={rest} />,
    });
    pages.push({
      name: 'approvals',
      icon: 'person',
      title: say('page.approvals'),
      page: () => <ApprovalsPage />,
    });
  }
  return <AreaView area="work" label={say('pages')} pages={pages} path={path} />;
}
