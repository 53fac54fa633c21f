/** Who we are to a cloud: what its login wants. They stay in this process, and reach no log, no history and no error. */
import type { Secret } from '../secret.js';

interface Common {
  /** Where they were found, for messages: `the OS_* variables`. */
  readonly from?: string | undefined;
  /** The region whose services are used. @default the only one there is */
  readonly region?: string | undefined;
  /** Whether the cloud's certificate is checked. @default true */
  readonly verify?: boolean | undefined;
}

/** An id, or a name within a domain. */
export interface Named {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

export interface PasswordCredentials extends Common {
  readonly kind: 'password';
  /** `https://cloud.example:5000`, with or without `/v3`. */
  readonly authUrl: string;
  readonly user: Named;
  readonly userDomain: Named;
  readonly project: Named;
  readonly projectDomain: Named;
  readonly password: Secret;
}

/** Of OpenStack: an id, or a name with the user that it belongs to, and a secret. */
export interface ApplicationCredentials extends Common {
  readonly kind: 'application-credential';
  readonly authUrl: string;
  readonly credential: Named;
  /** Only for a credential without an id. */
  readonly user: Named;
  readonly userDomain: Named;
  readonly secret: Secret;
}

export interface RackspaceCredentials extends Common {
  readonly kind: 'rackspace';
  /** @default https://identity.api.rackspacecloud.com */
  readonly authUrl?: string | undefined;
  readonly username: string;
  readonly apiKey: Secret;
}

export type CloudCredentials = PasswordCredentials | ApplicationCredentials | RackspaceCredentials;
