// A part of the panels with pages of its own: their list at the side, the page beside it.
import { type ReactNode, Suspense } from 'react';
import { usePreferences } from '../panel-context.ts';
import { type Area, hrefOf } from '../route.ts';
import { Icon, type IconName } from './icon.tsx';

export interface AreaPage {
  /** First part of the path. */
  name: string;
  icon: IconName;
  title: string;
  /** @param rest what follows the page's name in the address */
  page: (rest: string[]) => ReactNode;
  /** Pages of one group stand together under its title. */
  group?: string;
}

export function AreaView({
  area,
  label,
  pages,
  path,
}: {
  area: Area;
  label: string;
  pages: AreaPage[];
  path: string[];
}) {
  const { t } = usePreferences();
  const [name, ...rest] = path;
  const page = pages.find((one) => one.name === name) ?? pages[0];
  if (page === undefined) return null;
  return (
    <div className="area">
      <nav className="area-pages" aria-label={label}>
        <ul>
          {pages.map((one, at) => (
            <li key={one.name}>
              {one.group !== undefined && one.group !== pages[at - 1]?.group && <h2>{one.group}</h2>}
              <a href={hrefOf(area, one.name)} title={one.title} aria-current={one === page ? 'page' : undefined}>
                <Icon name={one.icon} size={18} />
                <span>{one.title}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main className="area-page" key={page.name}>
        <Suspense fallback={<p className="starting">{t('app.loading')}</p>}>{page.page(rest)}</Suspense>
      </main>
    </div>
  );
}
