// What stands behind a mention: the post or comment, how many read its author, and how many took it up.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { callJson, type JsonObject, numberAt, objectAt, objectsAt, textAt } from '../provider/index.ts';
import { apiUrl } from '../weixin/index.ts';
import type { WeiboSettings } from './settings.ts';

type PublicPost = NonNullable<Extract<InboundItem, { item: 'message' }>['public']>;

export interface Post {
  public: PublicPost;
  authorName?: string | undefined;
  /** Of the post that a comment stands under; needed to answer it. */
  status?: string | undefined;
}

/** Never rejects: what cannot be looked up is a mention without figures. */
export async function lookUpPost(
  subtype: string,
  id: string,
  sender: string,
  { openApi, accessToken, lookUp }: WeiboSettings,
  { fetch, logger }: Pick<ConnectorTools, 'fetch' | 'logger'>,
): Promise<Post> {
  const isComment = subtype === 'comment';
  const kind = isComment ? 'comment' : 'mention';
  if (!lookUp) return { public: { post: id, kind }, status: isComment ? undefined : id };
  const url = isComment
    ? apiUrl(openApi, '/2/comments/show_batch.json', { access_token: accessToken, cids: id })
    : apiUrl(openApi, '/2/statuses/show.json', { access_token: accessToken, id });
  const answer = await callJson(fetch, url);
  if (!answer.ok || answer.status !== 200) {
    logger.warn({ status: answer.status, subtype }, 'a post that mentions us could not be looked up');
    return { public: { post: id, kind }, status: isComment ? undefined : id };
  }
  const found = isComment ? (objectsAt(answer.json, 'list')[0] ?? {}) : answer.json;
  const user = objectAt(found, 'user');
  const status = isComment ? textAt(objectAt(found, 'status'), 'id') : id;
  return {
    status,
    authorName: textAt(user, 'screen_name')?.slice(0, 200),
    public: {
      post: id,
      kind,
      url: `https://weibo.com/${sender}/${status ?? id}`,
      ...count('reach', user, 'followers_count'),
      ...count('likes', found, 'attitudes_count'),
      ...count('shares', found, 'reposts_count'),
      ...count('comments', found, 'comments_count'),
    },
  };
}

function count<Name extends string>(name: Name, object: JsonObject, key: string): Partial<Record<Name, number>> {
  const value = numberAt(object, key);
  return value === undefined || !Number.isSafeInteger(value) || value < 0
    ? {}
    : ({ [name]: value } as Record<Name, number>);
}
