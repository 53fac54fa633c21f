/** `fleetwright doctor`: checks this host, or a provider elsewhere, each check with its remedy. */
import { daemonStatus } from '../../infra/daemon.js';
import { checkHost, checkNode, type HostCheck } from '../../infra/host/checks.js';
import { hostFacts } from '../../infra/host/facts.js';
import type { ProviderSettings } from '../../infra/provider.js';
import { DYNAMIC_CONFIG, SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { accepts, connectTemporal, whatListens } from '../../infra/temporal/reach.js';
import type { TemporalSettings } from '../../infra/temporal/settings.js';
import { clusterContainers, lookForEngine } from '../engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags, UpFlags } from '../flags.js';
import { upInputs } from '../inputs.js';
import { cleanLine } from '../progress/text.js';
import { settingsOf } from '../session.js';
import { count } from '../values/count.js';
import type { Terminal } from '../terminal.js';

const MACHINES = 4;

/** Of a provider, as `up` takes them. */
export type DoctorFlags = CommonFlags & Pick<UpFlags, 'provider' | 'cluster' | 'inventory' | 'acceptNew' | 'sshKey' | 'flavor' | 'image' | 'key' | 'network' | 'region' | 'machines' | 'input'>;

/** Exit code 1 when a check fails. @throws UsageError for a flag */
export async function doctor(terminal: Terminal, flags: DoctorFlags): Promise<ExitCode> {
  const inputs = upInputs(flags);
  const provider = inputs['provider'] || 'local';
  const checks = provider === 'local' ? await hostChecks(flags) : await elsewhereChecks(provider, inputs, flags);
  terminal.out(...(flags.json ? [JSON.stringify(checks, undefined, 2)] : checkLines(checks)));
  return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

async function hostChecks(flags: CommonFlags): Promise<readonly HostCheck[]> {
  const { engine, why, remedy } = await lookForEngine();
  const running = engine === undefined ? 0 : (await clusterContainers(engine)).filter(({ state }) => state === 'running').length;
  const docker: HostCheck = engine === undefined
    ? { name: 'docker', ok: remedy === undefined, detail: `${why}${remedy === undefined ? '; `fleetwright up` installs and starts one' : ''}`, ...(remedy === undefined ? {} : { remedy }) }
    : { name: 'docker', ok: true, detail: `${engine.address}${engine.own ? ', ours' : ''}` };
  return [
    docker,
    ...checkHost(await hostFacts(engine?.docker), { machinesToBoot: Math.max(0, MACHINES - running) }),
    ...await temporalChecks(settingsOf(flags)),
  ];
}

/** Machines elsewhere need little of this host; an engine here is a help, and no need. */
async function elsewhereChecks(provider: string, inputs: ProviderSettings, flags: DoctorFlags): Promise<readonly HostCheck[]> {
  const { providerChecks } = await import('../providerChecks.js');
  const [{ engine, why }, checks, temporal] = await Promise.all([lookForEngine(), providerChecks(provider, inputs, count('--machines', inputs['machines']) ?? MACHINES), temporalChecks(settingsOf(flags))]);
  const docker = { name: 'docker', ok: true, detail: engine ? `${engine.address} builds the images` : `${why}: the first machine builds the images` };
  return [docker, checkNode({ nodeVersion: process.versions.node }), ...checks, ...temporal];
}

/** A line for each check, and its remedy below it where it fails. Pure. */
export function checkLines(checks: readonly HostCheck[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ name, ok, detail, remedy }) => [
    `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)}  ${cleanLine(detail, false)}`,
    ...(ok || remedy === undefined ? [] : [`      ${' '.repeat(width)}  ${cleanLine(remedy, false)}`]),
  ]);
}

async function temporalChecks(settings: TemporalSettings): Promise<HostCheck[]> {
  return settings.own ? ownServer(settings) : foreignServer(settings);
}

async function ownServer(settings: TemporalSettings): Promise<HostCheck[]> {
  const daemon = daemonStatus(SERVER_DAEMON);
  const listens = await whatListens(settings).catch(() => 'temporal' as const); // it answered, if only to refuse us
  const detail = { temporal: `Temporal answers at ${settings.address}`, nothing: `nothing listens at ${settings.address}; \`fleetwright up\` starts a server there`, other: `another program listens at ${settings.address}` }[listens];
  const server: HostCheck = listens === 'other'
    ? { name: 'temporal', ok: false, detail, remedy: 'End that program, or set FLEETWRIGHT_TEMPORAL_PORT to a free port.' }
    : { name: 'temporal', ok: true, detail };
  if (daemon !== undefined) return [server, { name: 'rate limits', ok: true, detail: 'our server runs without them' }];
  if (listens === 'temporal') return [server, rateHint()];
  const uiTaken = await accepts(settings.uiPort);
  const ui = `127.0.0.1:${settings.uiPort}`;
  return [server, uiTaken ? { name: 'ui port', ok: false, detail: `another program listens at ${ui}`, remedy: 'End that program, or set FLEETWRIGHT_UI_PORT to a free port.' } : { name: 'ui port', ok: true, detail: `${ui} is free` }];
}

async function foreignServer(settings: TemporalSettings): Promise<HostCheck[]> {
  try {
    await (await connectTemporal(settings)).close();
    return [{ name: 'temporal', ok: true, detail: `Temporal answers at ${settings.address}, namespace ${settings.namespace}` }, rateHint()];
  } catch (error) {
    const [detail = '', remedy = ''] = (error as Error).message.split('\n');
    return [{ name: 'temporal', ok: false, detail, remedy: remedy.trim() }];
  }
}

/** A client cannot read a server's dynamic configuration: it can only be said what it should be. */
function rateHint(): HostCheck {
  const values = Object.entries(DYNAMIC_CONFIG).map(([key, value]) => `${key}=${value}`).join(' ');
  return { name: 'rate limits', ok: true, detail: `not our server: a development server does about 20 tasks a second unless it is started with --dynamic-config-value ${values.replaceAll(' ', ' --dynamic-config-value ')}` };
}
