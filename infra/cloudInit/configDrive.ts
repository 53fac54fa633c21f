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
export declare function configDrive(contents: ConfigDriveContents): ReadonlyMap<string, string>;
