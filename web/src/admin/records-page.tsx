// The records of one kind: a list that can be searched, and beside it the form of one.
import { useMemo, useState } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import type { Kind } from './kinds.ts';
import { type Made, RecordForm } from './record-form.tsx';
import { type AdminWord, labelOf, shownOf, useAdminWords } from './words.ts';

export type DirectoryRecord = Record<string, unknown>;

/** The address of a record that does not exist yet. */
const fresh = '+';

export function RecordsPage({ kind, rest: [open] }: { kind: Kind; rest: string[] }) {
  const { language } = usePreferences();
  const say = useAdminWords();
  const [search, setSearch] = useState('');
  const { data, failed, reload } = useRest<Record<string, DirectoryRecord[]>>(`/${kind.name}`);
  const records = data?.[kind.name];
  const keyOf = (record: DirectoryRecord) => String(record[kind.key] ?? '');
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const all = records ?? [];
    return wanted === '' ? all : all.filter((one) => JSON.stringify(one).toLowerCase().includes(wanted));
  }, [records, search]);
  const one = open === undefined ? undefined : records?.find((record) => address(kind, keyOf(record)) === open);
  const [made, setMade] = useState<Made>();
  const title = say(`kind.${kind.name}` as AdminWord);

  return (
    <>
      <header className="page-head">
        <h1>{title}</h1>
        <span className="muted figures">{records?.length}</span>
        <div className="space" />
        <label className="search-box">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={search}
            placeholder={say('search')}
            aria-label={say('search')}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <button type="button" className="primary" onClick={() => goTo('admin', kind.name, fresh)}>
          {say('add')}
        </button>
      </header>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        <section className="card scroll" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{labelOf(language, kind.key)}</th>
                {kind.columns.map((column) => (
                  <th key={column} scope="col">
                    {labelOf(language, column)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((record) => {
                const key = keyOf(record);
                return (
                  <tr key={key} aria-selected={address(kind, key) === open}>
                    <th scope="row">
                      <a href={hrefOf('admin', kind.name, address(kind, key))}>
                        {key === '' ? say('everything') : key}
                      </a>
                    </th>
                    {kind.columns.map((column) => (
                      <td key={column}>{shownOf(language, column, record[column])}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
          {records !== undefined && shown.length === 0 && <p className="muted">{say('nothing')}</p>}
        </section>
        {open !== undefined && records !== undefined && (open === fresh || one !== undefined) && (
          <RecordForm
            key={open}
            kind={kind}
            record={one}
            made={made !== undefined && address(kind, made.key) === open ? made : undefined}
            onSaved={(saved) => {
              setMade(open === fresh ? saved : undefined);
              reload();
              goTo('admin', kind.name, address(kind, saved.key));
            }}
            onChanged={reload}
            onRemoved={() => {
              reload();
              goTo('admin', kind.name);
            }}
            onClose={() => {
              setMade(undefined);
              goTo('admin', kind.name);
            }}
          />
        )}
      </div>
    </>
  );
}

export function address(kind: Kind, key: string): string {
  return key === '' && kind.emptyKey !== undefined ? kind.emptyKey : key;
}
