import '../work-items/work-items.css';
import './social.css';
import { lazy, Suspense } from 'react';
import { usePanel } from '../panel-context.ts';
import { hrefOf } from '../route.ts';
import { Stream } from './stream.tsx';
import { type SocialWord, useSocialWords } from './words.ts';

const Problems = lazy(async () => ({ default: (await import('./problems.tsx')).Problems }));
const Indicators = lazy(async () => ({ default: (await import('./indicators.tsx')).Indicators }));

const views = ['stream', 'problems', 'indicators'] as const;

/** What is said about us in public: item by item, by the question behind it, and in figures. */
export default function SocialPage({ rest: [wanted, more] }: { rest: string[] }) {
  const { t, state } = usePanel();
  const say = useSocialWords();
  const staff = state.setup?.me.roles.some((role) => role !== 'agent') ?? false;
  const view = (staff && views.find((one) => one === wanted)) || 'stream';
  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        {staff && (
          <nav className="views" aria-label={say('views')}>
            {views.map((one) => (
              <a key={one} href={hrefOf('work', 'social', one)} aria-current={one === view ? 'page' : undefined}>
                {say(`view.${one}` as SocialWord)}
              </a>
            ))}
          </nav>
        )}
      </header>
      <Suspense fallback={<p className="starting">{t('app.loading')}</p>}>
        {view === 'stream' && <Stream key={more} cluster={more} staff={staff} />}
        {view === 'problems' && <Problems />}
        {view === 'indicators' && <Indicators />}
      </Suspense>
    </>
  );
}
