/** What `deployments/cloud-config.yml` needs filled in: `{{ name }}` each. */
export interface CloudConfigValues {
  readonly 'discovery-url': string;
  /** `HOST:PORT` of the cluster's registry, which mirrors Docker Hub for the machines. */
  readonly registry: string;
  /** `core01=http://10.0.0.11:2380,…`: of a cluster that is there, for a machine that takes a lost member's place. @default '' = join by discovery */
  readonly 'initial-cluster'?: string;
}

/**
 * Fills in a template's `{{ placeholders }}`.
 * @throws InvalidInputError for a placeholder without a value, a value without a placeholder, or a value that YAML or a shell could read as more than a word
 */
export declare function renderUserData(template: string, values: Readonly<Record<string, string>>): string;
/** The user-data of a machine, from the file that ships or another. @param path @default packagePath('deployments', 'cloud-config.yml') */
export declare function cloudConfig(values: CloudConfigValues, path?: string): Promise<string>;
