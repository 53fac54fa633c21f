/** Traces of a run, as a collector of OpenTelemetry gets them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../infra/errors.js';
import { openTracing, type Tracing, wantsTraces } from '../../infra/temporal/tracing.js';
import { endOfRun, startText } from './seen.js';
import { startWorld, type World } from './world.js';

const FILE = `
on: workflow_dispatch
jobs:
  build:
    runs-on: worker
    steps: [{ name: Compile, run: echo compiled }]
  test:
    needs: build
    runs-on: worker
    steps: [{ name: Test, run: exit 3 }]
`;

interface Span { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly name: string; readonly service: string; readonly attributes: Readonly<Record<string, string>> }
interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly (Pick<Span, 'traceId' | 'spanId' | 'parentSpanId' | 'name'> & { readonly attributes: readonly Attribute[] })[] }[];
  }[];
}
interface Attribute { readonly key: string; readonly value: { readonly stringValue?: string } }

const spans: Span[] = [];
const texts = (attributes: readonly Attribute[]): Readonly<Record<string, string>> => Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? '']));
let collector: Server;
let tracing: Tracing;
let world: World;
beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      for (const { resource, scopeSpans } of (JSON.parse(Buffer.concat(chunks).toString()) as Batch).resourceSpans) {
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ ...span, service: texts(resource.attributes)['service.name'] ?? '', attributes: texts(span.attributes) });
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => collector.once('listening', resolve));
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  tracing = (await openTracing())!;
  world = await startWorld(() => undefined, { tracing });
});
afterAll(async () => {
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  await world?.stop();
  collector.closeAllConnections();
  collector.close();
});

describe('traces', () => {
  it('are one for a run, with its jobs below it and their activities below them', async () => {
    const run = await startText(world, 'traced', FILE);
    expect((await endOfRun(world, run)).conclusion).toBe('failure');
    await tracing.close(); // sends what is left
    const [root] = spans.filter(({ name }) => name === 'RunWorkflow:traced');
    const own = spans.filter(({ traceId }) => traceId === root?.traceId);
    const count = (name: string): number => own.filter((span) => span.name === name).length;
    expect(['RunWorkflow:traced', 'StartChildWorkflow:job', 'RunWorkflow:job', 'RunActivity:run-steps'].map(count)).toEqual([1, 2, 2, 2]);
    const above = (span: Span | undefined): string[] => (span === undefined ? [] : [span.name, ...above(own.find(({ spanId }) => spanId === span.parentSpanId))]);
    expect(above(own.find(({ name }) => name === 'RunActivity:run-steps'))).toEqual(['RunActivity:run-steps', 'StartActivity:run-steps', 'RunWorkflow:job', 'StartChildWorkflow:job', 'RunWorkflow:traced']);
    expect(new Set(own.map(({ service }) => service))).toEqual(new Set(['fleetwright']));
  });

  it.each([
    [{}, false], [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false], [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, true], [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }, false], [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_EXPORTER: 'none' }, false],
  ])('are wanted with %j: %s', (env, wanted) => { expect(wantsTraces(env)).toBe(wanted); });

  it('are refused where they would be sent as gRPC', async () => {
    await expect(openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).rejects.toThrow(InvalidInputError);
  });
});
