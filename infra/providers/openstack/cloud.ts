/** What the parts of the provider share: the cloud's APIs, the settings, and how long things may take. */
import { CloudNetworks } from '../../cloud/networks.js';
import { CloudServers } from '../../cloud/servers.js';
import { CloudSession, type SessionOptions } from '../../cloud/session.js';
import type { CloudCredentials } from '../../cloud/credentials.js';
import type { ProgressListener } from '../../progressListener.js';
import type { CloudSettings } from './settings.js';

export interface CloudTimes extends SessionOptions {
  /** Milliseconds between two looks at what the cloud is doing. @default 2000 */
  readonly pollMs?: number;
  /** Milliseconds for one server from the request until it is active. @default 900000 */
  readonly buildMs?: number;
  /** Milliseconds after which a request whose answer was lost has become a server, or never will. @default 60000 */
  readonly settleMs?: number;
  /** Milliseconds until deleted servers are gone, and what they used. @default 300000 */
  readonly removalMs?: number;
  /** How often a server that fails to build is made anew. @default 3 times in all */
  readonly maxBuilds?: number;
  /** Servers that are booted at once. @default 10 */
  readonly atOnce?: number;
}

export interface Cloud {
  readonly session: CloudSession;
  readonly servers: CloudServers;
  readonly networks: CloudNetworks;
  readonly settings: CloudSettings;
  readonly times: Required<Omit<CloudTimes, keyof SessionOptions>>;
  readonly onProgress: ProgressListener;
}

export function openCloud(credentials: CloudCredentials, settings: CloudSettings, times: CloudTimes = {}, onProgress: ProgressListener = () => undefined): Cloud {
  const { requestMs, patienceMs, pauseMs, ...own } = times;
  const session = new CloudSession(
    settings.region === '' ? credentials : { ...credentials, region: settings.region },
    { ...(requestMs === undefined ? {} : { requestMs }), ...(patienceMs === undefined ? {} : { patienceMs }), ...(pauseMs === undefined ? {} : { pauseMs }) },
  );
  return {
    session, settings, onProgress,
    servers: new CloudServers(session), networks: new CloudNetworks(session),
    times: { pollMs: 2_000, buildMs: 900_000, settleMs: 60_000, removalMs: 300_000, maxBuilds: 3, atOnce: 10, ...own },
  };
}
