import './floor.css';
import { type AreaPage, AreaView } from '../parts/area.tsx';
import { Contacts } from './contacts.tsx';
import { Live } from './live.tsx';
import { useFloorWords } from './words.ts';

/** What supervisors look at. */
export default function FloorArea({ path }: { path: string[] }) {
  const say = useFloorWords();
  const pages: AreaPage[] = [
    { name: 'live', icon: 'clock', title: say('page.live'), page: () => <Live /> },
    { name: 'contacts', icon: 'phone', title: say('page.contacts'), page: (rest) => <Contacts rest={rest} /> },
  ];
  return <AreaView area="floor" label={say('pages')} pages={pages} path={path} />;
}
