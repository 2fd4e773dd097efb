// The wire of WeChat and WeCom: envelope, encryption, XML, HTTP API. Weibo shares the signature and the XML.
export { type ApiAnswer, type ApiMedia, apiUrl, fetchToken, TokenRefused, WeixinApi } from './api.ts';
export { type Mode, type Opened, openEcho, openEnvelope, type Rules, sealReply } from './envelope.ts';
export { CipherError, isSigned, MessageCipher, sign } from './message-cipher.ts';
export {
  readXml,
  writeXml,
  type XmlElements,
  XmlError,
  type XmlFields,
  type XmlValue,
  xmlEach,
  xmlInside,
  xmlText,
} from './xml.ts';
