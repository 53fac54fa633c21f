/** pkgcloud's client for given credentials. */
import type { ApplicationCredentials, CloudCredentials, Named, PasswordCredentials } from './credentials.js';
import { identityWithPayload, pkgcloudClient, type PkgcloudClient, type PkgcloudOptions } from './pkgcloud.js';

export function clientFor(credentials: CloudCredentials): PkgcloudClient {
  return pkgcloudClient({ ...optionsFor(credentials), strictSSL: credentials.verify ?? true, earlyTokenTimeout: 0 });
}

type Options = Omit<PkgcloudOptions, 'strictSSL' | 'earlyTokenTimeout'>;

function optionsFor(credentials: CloudCredentials): Options {
  switch (credentials.kind) {
    case 'rackspace':
      return {
        provider: 'rackspace', username: credentials.username, apiKey: credentials.apiKey.reveal(),
        ...(credentials.authUrl === undefined ? {} : { authUrl: withoutVersion(credentials.authUrl) }),
      };
    // Its own bodies have no application credentials, and no user by id; the domain of a user would be the project's too.
    case 'password':
      return openstack(credentials.authUrl, () => passwordBody(credentials));
    case 'application-credential':
      return openstack(credentials.authUrl, () => applicationBody(credentials));
  }
}

function openstack(authUrl: string, payload: () => unknown): Options {
  return { provider: 'openstack', keystoneAuthVersion: 'v3', authUrl: withoutVersion(authUrl), identity: identityWithPayload(payload) };
}

/** Keystone's API v3, "Password authentication with scoped authorization". */
function passwordBody({ user, userDomain, password, project, projectDomain }: PasswordCredentials): unknown {
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { ...named(user, userDomain), password: password.reveal() } } },
      scope: { project: named(project, projectDomain) },
    },
  };
}

/** Keystone's API v3, "Authenticating with an Application Credential". It has its project. */
function applicationBody({ credential, user, userDomain, secret }: ApplicationCredentials): unknown {
  const who = credential.id === undefined ? { name: credential.name, user: named(user, userDomain) } : { id: credential.id };
  return { auth: { identity: { methods: ['application_credential'], application_credential: { ...who, secret: secret.reveal() } } } };
}

/** A name needs its domain, an id does not. */
function named({ id, name }: Named, domain: Named): Record<string, unknown> {
  if (id !== undefined) return { id };
  return { name, domain: domain.id === undefined ? { name: domain.name } : { id: domain.id } };
}

/** pkgcloud puts the version behind the address by itself. */
function withoutVersion(authUrl: string): string {
  return authUrl.replace(/\/+$/, '').replace(/\/v(?:3|2\.0)$/, '');
}
