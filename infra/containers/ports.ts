/** `ports:` of a container. */
import { InvalidInputError } from '../errors.js';

export interface PortRequest {
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
}

/** Where a port is published that names no address: nobody outside of this host was asked in. */
const ADDRESS = '127.0.0.1';
const PORT = /^(?:(?<address>\[[^\]]+\]|[^:]+):(?=[^:]*:))?(?:(?<host>\d+(?:-\d+)?)?:)?(?<inside>\d+(?:-\d+)?)(?:\/(?<protocol>tcp|udp|sctp))?$/i;

/**
 * `80` and `80/udp` (any free port of the host), `8080:80`, `127.0.0.1:8080:80`, `127.0.0.1::80`, `[::1]:8080:80`, `8000-8002:8000-8002`.
 * @param exposed of `--expose`: seen by other containers only
 * @throws InvalidInputError
 */
export function portRequest(ports: readonly (string | number)[], exposed: readonly string[] = []): PortRequest {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    for (const { inside, ...binding } of parse(String(port).trim())) (bindings[inside] ??= []).push(binding);
  }
  const open = exposed.flatMap((port) => parse(port).map(({ inside }) => inside));
  return { ExposedPorts: Object.fromEntries([...Object.keys(bindings), ...open].map((port) => [port, {}])), PortBindings: bindings };
}

function parse(text: string): readonly { readonly inside: string; readonly HostIp: string; readonly HostPort: string }[] {
  const { address, host, inside, protocol = 'tcp' } = PORT.exec(text)?.groups ?? {};
  if (inside === undefined) throw wrong(text, 'is no port');
  const [inner, outer] = [range(inside, text), host === undefined ? undefined : range(host, text)];
  if (outer && outer.length !== inner.length) throw wrong(text, 'names ranges of different length');
  return inner.map((port, i) => ({ inside: `${port}/${protocol.toLowerCase()}`, HostIp: (address ?? ADDRESS).replace(/^\[|\]$/g, ''), HostPort: outer ? String(outer[i]) : '' }));
}

function range(text: string, whole: string): readonly number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  if (first < 1 || last > 65535 || last < first) throw wrong(whole, 'is no port or range from 1 to 65535');
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function wrong(text: string, why: string): InvalidInputError {
  return new InvalidInputError(`ports: ${JSON.stringify(text)} ${why}`, 'Say "80", "80/udp", "8080:80" or "127.0.0.1:8080:80".');
}

/**
 * The host's port by the container's, as `job.services.<name>.ports` has them.
 * @param published `NetworkSettings.Ports` of the engine
 */
export function portsOf(published: Readonly<Record<string, readonly { readonly HostPort: string }[] | null | undefined>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(published).flatMap(([inside, bindings]) => {
    const hostPort = bindings?.[0]?.HostPort;
    return hostPort ? [[inside.split('/')[0]!, hostPort]] : [];
  }));
}
