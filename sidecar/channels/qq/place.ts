/** Where a customer writes: alone with the bot, or in a group, where each member has a conversation of his own. */
export type Place = { scene: 'c2c'; openid: string } | { scene: 'group'; group: string; member: string };

export function threadOf(place: Place): string {
  return place.scene === 'c2c' ? `c2c/${place.openid}` : `group/${place.group}/${place.member}`;
}

/** @throws where it is none of ours */
export function readThread(thread: string): Place {
  const [scene, first, second] = thread.split('/');
  if (scene === 'c2c' && first) return { scene, openid: first };
  if (scene === 'group' && first && second) return { scene, group: first, member: second };
  throw new Error('the thread is none of this channel');
}

/** `/v2/users/…` or `/v2/groups/…`: where messages and files are sent. */
export function apiPath(place: Place): string {
  return place.scene === 'c2c'
    ? `/v2/users/${encodeURIComponent(place.openid)}`
    : `/v2/groups/${encodeURIComponent(place.group)}`;
}
