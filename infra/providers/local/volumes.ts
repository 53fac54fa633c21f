/** Volumes as containers mount them. */
import type Docker from 'dockerode';
import type { Labels } from './names.js';

/** A named volume with labels, made together with its container. */
export function volumeMount(name: string, target: string, labels: Labels): Docker.MountSettings {
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    VolumeOptions: { NoCopy: true, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } },
  };
}
