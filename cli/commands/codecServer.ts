/** `fleetwright codec-server`: lets the Temporal UI of this host show compressed and encrypted payloads. Runs until it is ended. */
import { codecKeys } from '../../infra/temporal/codec/keys.js';
import { startCodecServer } from '../../infra/temporal/codec/server.js';
import { codecPort } from '../../infra/temporal/codec/settings.js';
import { payloadCodecs } from '../../infra/temporal/payloads.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { settingsOf, uiUrl } from '../session.js';
import type { Terminal } from '../terminal.js';
import { port } from '../values/ports.js';

/** @throws UsageError, InvalidInputError for a bad key, PermanentError when the port is taken */
export async function codecServer(terminal: Terminal, flags: CommonFlags & { readonly port?: string }): Promise<ExitCode> {
  const given = port('--port', flags.port);
  const ui = uiUrl(settingsOf(flags));
  const server = await startCodecServer({ port: given === undefined ? codecPort() : Number(given), origins: originsOf(ui), codecs: payloadCodecs() });
  const address = `http://127.0.0.1:${server.port}`;
  terminal.note(`decodes payloads for ${ui ?? 'the Temporal UI'} at ${address}; keys: ${codecKeys().map(({ id }) => id).join(', ') || 'none, so compressed ones alone'}`);
  terminal.note('A UI that was not started with it is told in its own settings (the glasses, at the top). Ctrl-C ends this.');
  terminal.out(address);
  await ended();
  await server.close();
  return EXIT.ok;
}

/** The UI is the same under both names of this host. */
function originsOf(ui: string | undefined): string[] {
  if (ui === undefined) return [];
  const { protocol, port: uiPort, origin } = new URL(ui);
  return /^https?:\/\/(?:127\.0\.0\.1|localhost)(?::|$)/.test(origin) ? ['127.0.0.1', 'localhost'].map((host) => `${protocol}//${host}${uiPort === '' ? '' : `:${uiPort}`}`) : [origin];
}

function ended(): Promise<void> {
  return new Promise((resolve) => { for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve()); });
}
