import { phone } from '../format.ts';
import type { Identity } from './types.ts';
import { kindName, useCustomerWords } from './words.ts';

/** @param marked identities that the two of a pair have to do with: `phone +86138…` */
export function Identities({ of, marked }: { of: readonly Identity[]; marked?: ReadonlySet<string> }) {
  const say = useCustomerWords();
  return (
    <ul className="identities">
      {of.map(({ kind, value, verified }) => (
        <li key={`${kind} ${value}`} data-marked={marked?.has(`${kind} ${value}`)}>
          <span className="muted">{kindName(say, kind)}</span>
          <span className="figures">{kind === 'phone' ? phone(value) : value}</span>
          {verified === true && (
            <span className="chip" data-tone="good">
              {say('proved')}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
