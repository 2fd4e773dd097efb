// Whose customer somebody names: an id alone, tried out, tells nobody who is a customer of another team.
import type { InteractionId } from '../../values/index.ts';
import type { Principal } from '../directory/index.ts';
import type { ApiDeps } from './deps.ts';
import { failed } from './errors.ts';
import { hadPart, isStaff, mayServe } from './scope.ts';

/** Whether the customer is there, and not for her. */
export function isOthersCustomer({ customers }: Pick<ApiDeps, 'customers'>, principal: Principal, id: string): boolean {
  const customer = customers.get(id);
  return customer !== undefined && !mayServe(principal, customer);
}

/**
 * That she may name the customer in what she makes: one who is there for her, or whom she knows from a contact, of whatever team.
 * @param contacts what it goes on from; those count in which she had a part, or which she may read as staff
 * @throws not-found
 */
export function mustKnowCustomer(
  { customers, interactions }: Pick<ApiDeps, 'customers' | 'interactions'>,
  principal: Principal,
  id: string,
  contacts: readonly InteractionId[],
): void {
  const customer = customers.get(id);
  if (customer === undefined) throw failed['not-found']({ kind: 'customer', name: id });
  if (mayServe(principal, customer)) return;
  const known = contacts.some((contact) => {
    const record = interactions.get(contact);
    if (record?.customer === undefined || customers.get(record.customer)?.id !== customer.id) return false;
    return hadPart(principal, record) || (isStaff(principal) && mayServe(principal, record));
  });
  if (!known) throw failed['not-found']({ kind: 'customer', name: id });
}
