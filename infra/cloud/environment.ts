/** The credentials that the worker's environment and its user's clouds.yaml give, by the rules of openstacksdk. */
import { CloudLoginError } from './errors.js';
import type { CloudCredentials, Named, RackspaceCredentials } from './credentials.js';
import { readCloud, type Entry } from './cloudsYaml.js';
import { Secret } from '../secret.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * For OpenStack: the cloud that is named (or OS_CLOUD) of clouds.yaml; else the OS_* variables; else the only cloud of clouds.yaml.
 * @throws CloudLoginError that says everything that is missing, InvalidInputError for a clouds.yaml that cannot be read
 */
export async function openstackCredentials(cloud = '', env: Environment = process.env): Promise<CloudCredentials> {
  const name = cloud || env['OS_CLOUD'] || '';
  if (name === '' && env['OS_AUTH_URL']) return credentials(fromVariables(env), 'the OS_* variables');
  const found = await readCloud(name, env);
  if (found) return credentials(found.entry, `cloud ${found.name} in ${found.file}`);
  throw new CloudLoginError('nothing says which cloud to use', 'Set OS_CLOUD and have a clouds.yaml, or set OS_AUTH_URL and the other OS_* variables (an openrc file does), where the worker is started.');
}

/** @throws CloudLoginError that says what is missing */
export function rackspaceCredentials(env: Environment = process.env): RackspaceCredentials {
  const of = (name: string): string => env[`RAX_${name}`] || env[`RACKSPACE_${name}`] || '';
  const missing = (['USERNAME', 'API_KEY'] as const).filter((name) => of(name) === '').map((name) => `RAX_${name}`);
  if (missing.length > 0) throw new CloudLoginError(`${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set`, 'Set them where the worker is started: the API key is on the page of your account.');
  return {
    kind: 'rackspace', from: 'the RAX_* variables', username: of('USERNAME'), apiKey: new Secret(of('API_KEY')),
    authUrl: of('AUTH_URL') || undefined, region: of('REGION') || env['OS_REGION_NAME'] || undefined,
  };
}

/** OS_AUTH_URL is `auth_url`, and so on. */
function fromVariables(env: Environment): Entry {
  const auth: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('OS_') && value) auth[name.slice('OS_'.length).toLowerCase()] = value;
  }
  // Older openrc files say tenant.
  for (const [old, now] of [['tenant_name', 'project_name'], ['tenant_id', 'project_id']] as const) {
    if (auth[old] !== undefined) auth[now] ??= auth[old];
  }
  return {
    auth, authType: auth['auth_type'] ?? '', region: auth['region_name'] ?? '', cacert: auth['cacert'] ?? '',
    verify: !/^(?:1|true|yes)$/i.test(auth['insecure'] ?? ''), identityVersion: auth['identity_api_version'] ?? '',
  };
}

function credentials({ auth, authType, region, cacert, verify, identityVersion }: Entry, where: string): CloudCredentials {
  const of = (name: string): string | undefined => auth[name] || undefined;
  const fail = (what: string, remedy: string): never => { throw new CloudLoginError(`${where}: ${what}`, remedy); };
  if (identityVersion.startsWith('2')) fail('version 2 of the identity service is asked for', 'Use version 3: Keystone has had no other since 2018.');
  if (cacert !== '') fail('a certificate authority of its own (cacert) is named, and pkgcloud takes none', 'Set NODE_EXTRA_CA_CERTS to that file where the worker is started, and leave cacert out.');
  const common = { from: where, authUrl: of('auth_url') ?? fail('auth_url is missing', 'Give the address of the identity service, as https://cloud.example:5000/v3.'), region: region || undefined, verify };
  const named = (what: string, fallback: Named = {}): Named => ({ id: of(`${what}_id`) ?? (of(`${what}_name`) ? undefined : fallback.id), name: of(`${what}_name`) ?? fallback.name });
  const domain = of('domain_id') || of('domain_name') ? named('domain') : { id: of('default_domain') ?? 'default' };
  const user = { id: of('user_id'), name: of('username') ?? of('user_name') };
  const kind = authType || (of('application_credential_secret') ? 'v3applicationcredential' : 'password');
  if (kind === 'v3applicationcredential') {
    const credential = { id: of('application_credential_id'), name: of('application_credential_name') };
    demand(where, [['application_credential_id or application_credential_name', credential.id ?? credential.name], ['application_credential_secret', of('application_credential_secret')], ...(credential.id ? [] : [['username or user_id', user.id ?? user.name] as const])]);
    return { kind: 'application-credential', ...common, credential, user, userDomain: named('user_domain', domain), secret: new Secret(of('application_credential_secret') ?? '') };
  }
  if (kind !== 'password' && kind !== 'v3password') fail(`logging in with ${kind} is not known here`, 'Use a password, or an application credential (v3applicationcredential).');
  const project = named('project');
  demand(where, [['username or user_id', user.id ?? user.name], ['password', of('password')], ['project_name or project_id', project.id ?? project.name]]);
  return { kind: 'password', ...common, user, userDomain: named('user_domain', domain), project, projectDomain: named('project_domain', domain), password: new Secret(of('password') ?? '') };
}

function demand(where: string, wanted: readonly (readonly [name: string, value: string | undefined])[]): void {
  const missing = wanted.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.length > 0) throw new CloudLoginError(`${where}: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing`, 'Add them there; a password may also stand in secure.yaml beside clouds.yaml.');
}
