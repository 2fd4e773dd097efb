// Sign-in at an OpenID provider: authorization code with PKCE (RFC 7636), state and nonce, as OAuth's best practice asks
// (RFC 9700). The provider's answers are checked by openid-client.
import { randomBytes } from 'node:crypto';
import * as openid from 'openid-client';
import type { Logger } from 'pino';
import type { OidcSettings } from '../../config/index.ts';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { admission, type House, type VouchedPerson } from './admit.ts';
import { failed } from './errors.ts';
import { secretIn } from './secret-file.ts';

/** How long somebody may take at the provider. */
const patienceMs: Millis = 10 * 60_000;
/** Sign-ons under way; beyond that the oldest is given up. */
const mostBegun = 2_000;
/** Metadata of the provider are asked for again after that. */
const metadataMs: Millis = 60 * 60_000;
const answerSeconds = 10;

interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  at: Millis;
}

export class OidcSignIn {
  readonly label: string;
  readonly #settings: OidcSettings;
  readonly #house: House;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #begun = new Map<string, Begun>();
  #metadata: { provider: Promise<openid.Configuration>; at: Millis } | undefined;

  constructor(
    settings: OidcSettings,
    { directory, accounts, clock, logger }: House & { clock: Clock; logger: Logger },
  ) {
    this.label = settings.label;
    this.#settings = settings;
    this.#house = { directory, accounts };
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @returns where to send the browser, and what it has to bring back in a cookie. @throws login-provider-unreachable */
  async begin(): Promise<{ url: string; ticket: string }> {
    const now = this.#clock.now();
    const provider = await this.#provider(now);
    const begun = {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
      at: now,
    };
    const url = openid.buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirect,
      scope: this.#settings.scopes.join(' '),
      code_challenge: await openid.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      state: begun.state,
      nonce: begun.nonce,
    });
    const ticket = randomBytes(32).toString('base64url');
    for (const [key, { at }] of this.#begun) {
      if (now - at <= patienceMs && this.#begun.size < mostBegun) break;
      this.#begun.delete(key);
    }
    this.#begun.set(ticket, begun);
    return { url: url.href, ticket };
  }

  /**
   * @param ticket what `begin` gave this browser
   * @param query what the provider sent along, as it stands in the address
   * @throws login-expired, login-provider-refused, login-provider-unreachable, login-not-permitted
   */
  async finish(ticket: string | undefined, query: string): Promise<AgentId> {
    const now = this.#clock.now();
    const begun = ticket === undefined ? undefined : this.#begun.get(ticket);
    if (ticket === undefined || begun === undefined || now - begun.at > patienceMs) throw failed['login-expired']();
    this.#begun.delete(ticket);
    const provider = await this.#provider(now);
    let person: VouchedPerson | undefined;
    try {
      const tokens = await openid.authorizationCodeGrant(provider, new URL(`${this.#redirect}${query}`), {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      });
      person = await this.#personOf(provider, tokens);
    } catch (cause) {
      this.#logger.warn({ err: cause, issuer: this.#settings.issuer }, 'a sign-on failed at the provider');
      throw failed['login-provider-refused']({}, { cause });
    }
    const vouched = person && admission(this.#house, person, this.#settings, 'oidc');
    if (vouched === undefined) throw failed['login-not-permitted']();
    await vouched.admit();
    return vouched.agent;
  }

  /** From the ID token, and where that lacks a claim, from the userinfo endpoint. */
  async #personOf(
    provider: openid.Configuration,
    tokens: Awaited<ReturnType<typeof openid.authorizationCodeGrant>>,
  ): Promise<VouchedPerson | undefined> {
    const { loginClaim, nameClaim, groupsClaim } = this.#settings;
    const claims = tokens.claims();
    if (claims === undefined) return undefined;
    let all: Record<string, unknown> = { ...claims };
    const lacking = [loginClaim, groupsClaim].some((claim) => all[claim] === undefined);
    if (lacking && provider.serverMetadata().userinfo_endpoint !== undefined) {
      all = { ...(await openid.fetchUserInfo(provider, tokens.access_token, claims.sub)), ...all };
    }
    const login = all[loginClaim];
    if (typeof login !== 'string') {
      this.#logger.warn({ claim: loginClaim }, 'the provider says nothing in the claim that is the login');
      return undefined;
    }
    const [name, groups] = [all[nameClaim], all[groupsClaim]];
    return {
      // Providers that give an address or principal name mean what stands before the @.
      login: login.replace(/@.*$/, ''),
      name: typeof name === 'string' ? name : undefined,
      groups: (Array.isArray(groups) ? groups : [groups]).filter((one) => typeof one === 'string'),
    };
  }

  get #redirect(): string {
    return `${this.#settings.publicUrl.replace(/\/$/, '')}/api/v1/session/oidc/callback`;
  }

  async #provider(now: Millis): Promise<openid.Configuration> {
    if (this.#metadata === undefined || now - this.#metadata.at > metadataMs) {
      this.#metadata = { provider: this.#discover(), at: now };
    }
    const { provider } = this.#metadata;
    try {
      return await provider;
    } catch (cause) {
      // The next one asks anew.
      this.#metadata = undefined;
      this.#logger.error(
        { err: cause, issuer: this.#settings.issuer },
        'the provider cannot be asked for its metadata',
      );
      throw failed['login-provider-unreachable']({}, { cause });
    }
  }

  async #discover(): Promise<openid.Configuration> {
    const { issuer, clientId, clientSecretFile } = this.#settings;
    const secret = clientSecretFile === undefined ? undefined : secretIn(clientSecretFile);
    const url = new URL(issuer);
    // The ID token's signature is checked, too, though it comes over TLS. The settings allow http on this machine only.
    const plain = url.protocol === 'http:' ? [openid.allowInsecureRequests] : [];
    const execute = [openid.enableNonRepudiationChecks, ...plain];
    const how = secret === undefined ? openid.None() : undefined;
    return openid.discovery(url, clientId, secret, how, { execute, timeout: answerSeconds });
  }
}
