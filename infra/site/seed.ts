/** The user-data of a server elsewhere: the user that logs in, and nothing else; what makes a machine of it comes over SSH. */

/** The same user as that of a machine here (deployments/cloud-config.yml), so that units and steps find it. */
export function bareSeed(): string {
  return `#cloud-config
# Fleetwright logs in as this user, with the key of the server's meta-data, and sets the rest up over SSH.
user:
  name: core
  gecos: Cluster user
  groups: [sudo]
  shell: /bin/bash
  sudo: ALL=(ALL) NOPASSWD:ALL
users: [default]
ssh_pwauth: false
`;
}
