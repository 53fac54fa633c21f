import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cloudSays, retryAfterMs } from '../../infra/cloud/says.js';
import { addressesOf } from '../../infra/providers/openstack/addresses.js';
import { one } from '../../infra/providers/openstack/lookup.js';
import { encodeUserData } from '../../infra/providers/openstack/userData.js';
import { fingerprint } from '../../infra/providers/openstack/keys.js';
import { serverMetadata } from '../../infra/providers/openstack/names.js';
import { parseClusterName, parseMachineName, parseRunId } from '../../language/ids.js';

const on = (network: string, address: string, floating = false) => ({ network, address, floating, version: address.includes(':') ? 6 as const : 4 as const });

describe('the addresses of a server', () => {
  const RACKSPACE = [on('public', '2001:db8::7'), on('public', '198.51.100.7'), on('private', '10.176.0.7')];

  it.each([
    ['private and public networks', { addresses: RACKSPACE, metadata: {}, accessIPv4: '' }, '10.176.0.7', '198.51.100.7'],
    ['one private network', { addresses: [on('lan', '192.168.0.9')], metadata: {}, accessIPv4: '' }, '192.168.0.9', '192.168.0.9'],
    ['a floating address', { addresses: [on('lan', '10.0.0.9'), on('lan', '203.0.113.9', true)], metadata: {}, accessIPv4: '' }, '10.0.0.9', '203.0.113.9'],
    ['one public network', { addresses: [on('ext', '198.51.100.9')], metadata: {}, accessIPv4: '' }, '198.51.100.9', '198.51.100.9'],
    ['networks that were named', { addresses: [on('a', '10.0.0.1'), on('b', '10.0.1.1')], metadata: { 'fleetwright.private-network': 'b', 'fleetwright.public-network': 'a' }, accessIPv4: '' }, '10.0.1.1', '10.0.0.1'],
    ['an access address', { addresses: [on('lan', '10.0.0.9')], metadata: {}, accessIPv4: '198.51.100.3' }, '10.0.0.9', '198.51.100.3'],
    ['none yet', { addresses: [], metadata: {}, accessIPv4: '' }, '', ''],
  ])('with %s', (_, server, own, reached) => {
    expect(addressesOf(server)).toEqual({ private: own, public: reached });
  });

  it('with a floating address that the server does not show yet', () => {
    expect(addressesOf({ addresses: [on('lan', '10.0.0.9')], metadata: {}, accessIPv4: '' }, '203.0.113.5')).toEqual({ private: '10.0.0.9', public: '203.0.113.5' });
  });
});

describe('what a cloud says', () => {
  it.each([
    [{ forbidden: { code: 403, message: 'Quota exceeded\nfor instances' } }, 'Quota exceeded for instances'], [{ NeutronError: { message: 'No more IPs', type: 'x' } }, 'No more IPs'],
    [{ error: { message: 'expired' } }, 'expired'], ['plain', 'plain'], ['<html><h1>502</h1></html>', ''], [undefined, ''], [{}, ''], [[], ''],
  ])('%j is %j', (body, text) => {
    expect(cloudSays(body)).toBe(text);
  });

  it('Retry-After is seconds or a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect([retryAfterMs('3'), retryAfterMs('Thu, 01 Jan 2026 00:00:07 GMT', now), retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), retryAfterMs('soon'), retryAfterMs(undefined)])
      .toEqual([3_000, 7_000, 0, undefined, undefined]);
  });
});

describe('what a server is asked for with', () => {
  it('is an id, or a name that one thing has', () => {
    const all = [{ id: '1', name: 'a' }, { id: '2', name: 'b' }, { id: '3', name: 'b' }];
    expect(one('image', '2', all)).toBe('2');
    expect(one('image', 'a', all)).toBe('1');
    expect(() => one('image', 'b', all)).toThrow('the cloud has 2 images "b"\n  Give the id of one: 2, 3.');
    expect(() => one('image', 'c', all)).toThrow('the cloud has no image "c"\n  It has a, b.');
  });

  it('is user-data in Base64, compressed where it is long, and refused where that does not help', () => {
    expect(Buffer.from(encodeUserData('#cloud-config\n'), 'base64').toString()).toBe('#cloud-config\n');
    const long = `#cloud-config\n${'# the same line again\n'.repeat(5_000)}`;
    expect(gunzipSync(Buffer.from(encodeUserData(long), 'base64')).toString()).toBe(long);
    const noise = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(33 + (i * i * 7919 + i * 104_729) % 94)).join('') + Array.from({ length: 60_000 }, (_, i) => Math.imul(i, 2_654_435_761).toString(36)).join('');
    expect(() => encodeUserData(noise)).toThrow(/a cloud takes 65535/);
  });

  it('is a fingerprint as clouds show it', () => {
    // printf abc | md5sum
    expect(fingerprint(`ssh-ed25519 ${Buffer.from('abc').toString('base64')} comment`)).toBe('90:01:50:98:3c:d2:4f:b0:d6:96:3f:7d:28:e1:7f:72');
  });

  it('is metadata that a cloud keeps', () => {
    const tags = { cluster: parseClusterName('demo'), run: parseRunId('deploy/demo#1'), discoveryUrl: `https://x/${'a'.repeat(300)}` };
    expect(() => serverMetadata(parseMachineName('core01'), tags, { private: '', public: '' })).toThrow('fleetwright.discovery-url of core01 has 310 characters, and a cloud keeps 255');
  });
});
