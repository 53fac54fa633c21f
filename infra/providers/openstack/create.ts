/**
 * Asking for a server so that there is never a second one. Nova has no token for a request: two of them are two servers, also of one name. So:
 *
 * 1. Before a request the list is looked at, and a note is made (intents.ts).
 * 2. A request whose answer is lost may become a server for some time (the settle window): the list is looked at until then, and only after it the
 *    server is asked for again.
 * 3. When the server is active, the list is looked at once more: the oldest is kept, the others are deleted (boot.ts).
 */
import { isAmbiguous } from '../../cloud/errors.js';
import { TransientError } from '../../errors.js';
import { recordEffect } from '../../ledger.js';
import type { ServerRequest } from '../../provider.js';
import { waitFor } from '../../wait.js';
import type { Cloud } from './cloud.js';
import { ensureFirewall } from './firewall.js';
import { serversNamed, type OwnServer } from './find.js';
import { ageOfIntent, forgetIntent, noteIntent } from './intents.js';
import { ensureKey } from './keys.js';
import type { Chosen } from './lookup.js';
import { serverMetadata, serverName } from './names.js';
import { encodeUserData } from './userData.js';

/** How often the cloud is asked when no answer says what came of it. */
const MAX_REQUESTS = 3;

/** The id of the oldest server of that name that stays; asked for when there is none. @throws as the cloud's APIs do */
export async function findOrCreate(cloud: Cloud, request: ServerRequest, chosen: () => Promise<Chosen>, signal?: AbortSignal): Promise<string> {
  const [existing] = await serversNamed(cloud, request.tags.cluster, request.name, signal);
  if (existing) return existing.server.id;
  const late = await awaitLate(cloud, request, signal);
  if (late) return late;
  for (let asked = 1; ; asked++) {
    const id = await create(cloud, request, chosen, signal);
    if (id !== undefined) return id;
    if (asked === MAX_REQUESTS) throw new TransientError(`the cloud did not answer ${MAX_REQUESTS} requests for the server ${serverName(request.tags.cluster, request.name)}, and none became a server`);
  }
}

/** The server of an earlier process's request that is still open. */
async function awaitLate(cloud: Cloud, request: ServerRequest, signal?: AbortSignal): Promise<string | undefined> {
  const age = await ageOfIntent(request.tags.cluster, request.name);
  if (age === undefined || age >= cloud.times.settleMs) return undefined;
  cloud.onProgress(`${request.name} may have been asked for already: looking for it`);
  return settled(cloud, request, cloud.times.settleMs - age, signal);
}

/** Undefined when it was asked for, and neither an answer nor a server came. */
async function create(cloud: Cloud, request: ServerRequest, chosen: () => Promise<Chosen>, signal?: AbortSignal): Promise<string | undefined> {
  const { name, tags, userData, publicKey } = request;
  const { settings } = cloud;
  const body = encodeUserData(userData);
  const metadata = serverMetadata(name, tags, { private: settings.privateNetwork, public: settings.publicNetwork });
  // Before anything is made: a name that stands for nothing leaves nothing.
  const { flavor, image, networks } = await chosen();
  const [keyName, group] = await Promise.all([ensureKey(cloud, tags.cluster, publicKey, signal), ensureFirewall(cloud, tags.cluster, signal)]);
  signal?.throwIfAborted();
  await noteIntent(tags.cluster, name);
  try {
    const id = await cloud.servers.create({
      name: serverName(tags.cluster, name), flavor, image, keyName, userData: body, metadata, networks,
      securityGroups: [...(group === undefined ? [] : [group]), ...settings.securityGroups],
      availabilityZone: settings.availabilityZone || undefined,
    });
    await made(request);
    return id;
  } catch (error) {
    if (!isAmbiguous(error)) {
      await forgetIntent(tags.cluster, name);
      throw error;
    }
    cloud.onProgress(`${name}: ${(error as Error).message}; looking whether it was made all the same`);
    const id = await settled(cloud, request, cloud.times.settleMs, signal);
    if (id !== undefined) await made(request);
    return id;
  }
}

async function made({ name, tags }: ServerRequest): Promise<void> {
  recordEffect({ effect: 'create-server', cluster: tags.cluster, key: name, run: tags.run });
  await forgetIntent(tags.cluster, name);
}

async function settled(cloud: Cloud, { name, tags }: ServerRequest, timeoutMs: number, signal?: AbortSignal): Promise<string | undefined> {
  const look = async (): Promise<OwnServer | undefined> => (await serversNamed(cloud, tags.cluster, name, signal))[0];
  const found = await waitFor(look, { timeoutMs, intervalMs: cloud.times.pollMs, signal });
  return found?.server.id;
}
