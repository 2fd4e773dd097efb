// The dispositions of a queue as a tree: one is opened, named in both languages, moved by buttons or Alt and an arrow, removed
// after a question. Whoever likes JSON better has that.
import './dispositions.css';
import { type KeyboardEvent, useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePreferences } from '../panel-context.ts';
import {
  added,
  type Branch,
  branchAt,
  branchesOf,
  changed,
  countOf,
  deepest,
  dispositionsOf,
  type Moved,
  moved,
  type Place,
  removed,
  type Way,
} from './disposition-tree.ts';
import type { ControlProps } from './field.tsx';
import { Json } from './value-controls.tsx';
import { useAdminWords } from './words.ts';

const ways = ['up', 'down', 'in', 'out'] as const;
const signs: Record<Way, string> = { up: '↑', down: '↓', in: '→', out: '←' };
const keys: Record<string, Way> = { ArrowUp: 'up', ArrowDown: 'down', ArrowRight: 'in', ArrowLeft: 'out' };

const same = (a: Place | undefined, b: Place) => a !== undefined && a.join() === b.join();

export function Dispositions(props: ControlProps) {
  const { value, onChange, required } = props;
  const say = useAdminWords();
  const [asJson, setAsJson] = useState(false);
  const [open, setOpen] = useState<Place>();
  const branches = branchesOf(value);
  const give = (next: Branch[]) => onChange(next.length === 0 && !required ? undefined : dispositionsOf(next));
  const take = (next: Moved | undefined) => {
    if (next === undefined) return;
    give(next.branches);
    setOpen(next.place);
  };
  const remove = (place: Place) => {
    const branch = branchAt(branches, place);
    if (branch === undefined) return;
    const below = countOf(branch.children);
    const question = below === 0 ? 'disposition.remove-one' : 'disposition.remove-all';
    if (!window.confirm(say(question, { code: branch.code, below }))) return;
    give(removed(branches, place));
    setOpen(undefined);
  };
  const tools = { branches, open, setOpen, give, take, remove };
  return (
    <div className="disposition-tree">
      {asJson ? (
        <Json {...props} />
      ) : (
        <>
          {branches.length > 0 && <Level {...tools} of={branches} above={[]} />}
          <button type="button" className="secondary small" onClick={() => take(added(branches, []))}>
            {say('disposition.add')}
          </button>
        </>
      )}
      <button type="button" className="ghost small" aria-pressed={asJson} onClick={() => setAsJson(!asJson)}>
        {say('disposition.json')}
      </button>
    </div>
  );
}

interface Tools {
  branches: Branch[];
  open: Place | undefined;
  setOpen: (place: Place | undefined) => void;
  give: (branches: Branch[]) => void;
  take: (moved: Moved | undefined) => void;
  remove: (place: Place) => void;
}

function Level({ of, above, ...tools }: Tools & { of: Branch[]; above: Place }) {
  const { language } = usePreferences();
  return (
    <ul>
      {of.map((branch, at) => {
        const place = [...above, at];
        const isOpen = same(tools.open, place);
        const { en, zh, code } = branch;
        const name = nameIn(language, { ...(en && { en }), ...(zh && { zh }) }, code);
        return (
          <li key={place.join()}>
            <button
              type="button"
              className="ghost wide"
              aria-expanded={isOpen}
              onClick={() => tools.setOpen(isOpen ? undefined : place)}
              onKeyDown={(event) => byKey(event, place, tools)}
            >
              <span>{name}</span>
              {name !== code && <span className="muted">{code}</span>}
            </button>
            {isOpen && <OneOpen {...tools} branch={branch} place={place} />}
            {branch.children.length > 0 && <Level {...tools} of={branch.children} above={place} />}
          </li>
        );
      })}
    </ul>
  );
}

function byKey(event: KeyboardEvent, place: Place, { branches, take, remove }: Tools) {
  const way = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (event.altKey && way !== undefined) {
    // Alt and an arrow would leave the page.
    event.preventDefault();
    take(moved(branches, place, way));
  } else if (event.key === 'Delete') {
    event.preventDefault();
    remove(place);
  }
}

function OneOpen({ branch, place, branches, give, take, remove }: Tools & { branch: Branch; place: Place }) {
  const say = useAdminWords();
  const fields = ['code', 'en', 'zh'] as const;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that says its name a second time
    <div className="disposition-open" role="group" aria-label={branch.code}>
      <div className="disposition-fields">
        {fields.map((field) => (
          <label key={field} className="field">
            {say(`disposition.${field}`)}
            <input
              value={branch[field]}
              required={field === 'code'}
              maxLength={200}
              lang={field === 'zh' ? 'zh-CN' : undefined}
              onChange={(event) => give(changed(branches, place, { [field]: event.target.value }))}
            />
          </label>
        ))}
      </div>
      <div className="disposition-acts">
        {ways.map((way) => (
          <button
            key={way}
            type="button"
            className="secondary small"
            aria-label={say(`disposition.${way}`)}
            title={say(`disposition.${way}`)}
            disabled={moved(branches, place, way) === undefined}
            onClick={() => take(moved(branches, place, way))}
          >
            {signs[way]}
          </button>
        ))}
        {place.length < deepest && (
          <button type="button" className="secondary small" onClick={() => take(added(branches, place))}>
            {say('disposition.below')}
          </button>
        )}
        <span className="space" />
        <button type="button" className="quiet-danger small" onClick={() => remove(place)}>
          {say('remove')}
        </button>
      </div>
    </div>
  );
}
