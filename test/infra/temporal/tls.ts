/** What stands before a Temporal server where it is not on this host: a proxy that ends TLS, and looks at who asks. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createSecureServer, type ServerHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority in this folder, and what it signs. */
export function authority(folder: string, name: string): Certificate & { sign(subject: string): Certificate } {
  const openssl = (...argv: readonly string[]): void => void execFileSync('openssl', argv, { stdio: 'pipe' });
  const files = (stem: string): Certificate => ({ cert: join(folder, `${stem}.pem`), key: join(folder, `${stem}.key`) });
  const newKey = (file: string): readonly string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file];
  const own = files(name);
  openssl('req', '-x509', ...newKey(own.key), '-subj', `/CN=${name}`, '-days', '2', '-out', own.cert, '-addext', 'basicConstraints=critical,CA:TRUE');
  return {
    ...own,
    sign: (subject) => {
      const made = files(`${name}-${subject}`);
      openssl('req', '-x509', ...newKey(made.key), '-CA', own.cert, '-CAkey', own.key, '-subj', `/CN=${subject}`, '-days', '2', '-out', made.cert,
        '-addext', `subjectAltName=DNS:${subject}`, '-addext', 'basicConstraints=critical,CA:FALSE');
      return made;
    },
  };
}

export interface ProxyOptions {
  /** Of the Temporal server without TLS. */
  readonly port: number;
  readonly server: Certificate;
  /** Clients must have a certificate of this authority. */
  readonly clientsOf?: Certificate;
  /** What `authorization` must say; others are answered with gRPC's UNAUTHENTICATED. */
  readonly authorization?: string;
}

export interface Proxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** How many calls were let through. */
  passed(): number;
  close(): void;
}

const UNAUTHENTICATED = '16';

export async function tlsProxy({ port, server: { cert, key }, clientsOf, authorization }: ProxyOptions): Promise<Proxy> {
  const upstream = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
  let passed = 0;
  const server = createSecureServer({
    cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: false, ALPNProtocols: ['h2'],
    ...(clientsOf ? { requestCert: true, rejectUnauthorized: true, ca: readFileSync(clientsOf.cert) } : {}),
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    if (authorization !== undefined && headers.authorization !== authorization) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED, 'grpc-message': 'who are you' }, { endStream: true });
      return;
    }
    passed++;
    forward(stream, headers);
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => void sockets.add(socket)).on('sessionError', () => undefined).on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = upstream.request({ ...headers, ':scheme': 'http' });
    call.on('error', () => stream.close());
    stream.on('close', () => call.close());
    let trailers: IncomingHttpHeaders = {};
    call.on('response', ({ ...answer }, flags) => {
      // An answer that is only headers ends the stream at once.
      if ((flags & 1) === 1) return void stream.respond(answer, { endStream: true });
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      call.pipe(stream);
    });
    call.on('trailers', (found) => { trailers = found; });
    stream.pipe(call);
  }

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed: () => passed,
    close: () => {
      server.close();
      upstream.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
