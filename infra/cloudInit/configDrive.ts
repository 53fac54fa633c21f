/** A config drive, version 2 (OpenStack Nova, user documentation "Metadata"; cloud-init's ConfigDrive data source). */
import type { MachineName } from '../../language/ids.js';

export interface ConfigDriveContents {
  readonly serverName: MachineName;
  /** cloud-init's instance id: a new one makes it a new machine. */
  readonly uuid: string;
  /** OpenSSH public key line. */
  readonly publicKey: string;
  readonly userData: string;
}

/** The files of a config drive as Nova writes it, by path: `openstack/latest/meta_data.json`, `openstack/latest/user_data`. */
export function configDrive(contents: ConfigDriveContents): ReadonlyMap<string, string> {
  const publicKey = contents.publicKey.trim();
  const metaData = {
    uuid: contents.uuid,
    name: contents.serverName,
    hostname: contents.serverName,
    launch_index: 0,
    availability_zone: 'nova',
    public_keys: { fleetwright: publicKey },
    keys: [{ name: 'fleetwright', type: 'ssh', data: publicKey }],
    meta: {},
  };
  return new Map([
    ['openstack/latest/meta_data.json', JSON.stringify(metaData)],
    ['openstack/latest/user_data', contents.userData],
  ]);
}
