// What connectors of providers with an HTTP API share.
export { type Answered, callJson, networkReason, type Request } from './call.ts';
export {
  exactJson,
  isObject,
  type JsonObject,
  jsonObject,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
} from './exact-json.ts';
export { freshnessSetting, isFresh } from './freshness.ts';
export { keepMedia } from './keep-media.ts';
export { KnownPeople, type Told } from './known-people.ts';
export { rememberMenu, takeChoice } from './numbered-menu.ts';
export { sendParts } from './parts.ts';
export { digest, shortKey } from './short-key.ts';
export { apiBase, type WindowSettings, windowSettings, windows } from './windows.ts';
export { bracketed, languageSetting } from './words.ts';
