import { describe, expect, it } from 'vitest';
import { CloudLoginError, CloudNameError, KeyConflictError, NoValidHostError } from '../../infra/cloud/errors.js';
import { Secret } from '../../infra/secret.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { credentialsOf } from './fixture/cloud.js';
import { cloud, inTheCloud, newCluster, provider, request } from './world.js';

describe('a cloud that says no', () => {
  it('has no host for the flavor: said so, and nothing is left', async () => {
    const cluster = newCluster();
    const asked = provider({ settings: { flavor: 'impossible' } }).ensureServer(request(cluster));
    await expect(asked).rejects.toThrow(/No valid host was found/);
    await expect(asked).rejects.toBeInstanceOf(NoValidHostError);
    expect(await inTheCloud(cluster)).toEqual([]);
  });

  it('does not know the password: said so, without it', async () => {
    const credentials = { ...credentialsOf(cloud), password: new Secret('battery staple') };
    const asked = provider({ credentials }).listServers(newCluster());
    await expect(asked).rejects.toBeInstanceOf(CloudLoginError);
    await expect(asked).rejects.toThrow(/could not log in: the cloud says 401 The request you have made requires authentication/);
    await expect(asked).rejects.not.toThrow(/battery/);
  });

  it('has no such region: said with those that there are', async () => {
    const asked = provider({ settings: { region: 'Atlantis' } }).listServers(newCluster());
    await expect(asked).rejects.toBeInstanceOf(CloudNameError);
    await expect(asked).rejects.toThrow('the cloud has no region "Atlantis"\n  Its regions are RegionOne: choose one with the input region, or OS_REGION_NAME.');
  });

  it('has no such flavor, image, network or zone: said with those that there are, before anything is made', async () => {
    const cluster = newCluster();
    for (const [settings, text] of [
      [{ flavor: 'huge' }, 'the cloud has no flavor "huge"\n  It has general1-1, impossible.'], [{ image: 'hurd' }, 'the cloud has no image "hurd"\n  It has debian-12.'],
      [{ 'network': 'moon' }, 'the cloud has no network "moon"\n  It has private, public.'], [{ 'availability-zone': 'mars' }, 'the cloud has no availability zone "mars"\n  It has nova.'],
    ] as const) {
      await expect(provider({ settings }).ensureServer(request(cluster))).rejects.toThrow(text);
      expect(await provider({ settings }).check(cluster, { machines: 3 })).toContainEqual(expect.objectContaining({ name: 'servers', ok: false }));
    }
    expect(await provider().deleteCluster(cluster)).toEqual({ removed: [], left: [] });
  });

  it('has another key of the name: said with both fingerprints', async () => {
    const cluster = newCluster();
    await provider().ensureServer(request(cluster, 'core01'));
    const asked = provider().ensureServer({ ...request(cluster, 'core02'), publicKey: makeKeyPair('other').publicKey });
    await expect(asked).rejects.toBeInstanceOf(KeyConflictError);
    await expect(asked).rejects.toThrow(/another key named fleetwright-t-\w+: its fingerprint is (?:\w\w:){15}\w\w, and ours is (?:\w\w:){15}\w\w/);
  });
});
