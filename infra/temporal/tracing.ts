/**
 * Traces of runs, jobs and activities, by Temporal's own OpenTelemetry interceptors, where the environment asks for them. None of it is loaded else: its packages are optional.
 */
import { createRequire } from 'node:module';
import type { WorkerOptions } from '@temporalio/worker';
import { InvalidInputError } from '../errors.js';
import type { Environment } from './settings.js';

/** What a worker needs to trace. */
export interface Tracing {
  readonly options: Required<Pick<WorkerOptions, 'sinks'>> & { readonly interceptors: Required<Pick<NonNullable<WorkerOptions['interceptors']>, 'activity'>> };
  /** Sends what is left. */
  close(): Promise<void>;
}

/** What the workflow code has to be bundled with, so that it can be traced: `workflowInterceptorModules`. */
export function tracedModules(): readonly string[] {
  return [createRequire(import.meta.url).resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors')];
}

/** Whether OpenTelemetry's variables name a collector, and do not switch traces off. @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export function wantsTraces(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
}

/**
 * Sends spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, as JSON over HTTP; headers, timeout and resource attributes are those of OpenTelemetry's variables.
 * Undefined where no traces are wanted. @throws InvalidInputError for another protocol, or where the packages are not installed
 */
export async function openTracing(env: Environment = process.env): Promise<Tracing | undefined> {
  if (!wantsTraces(env)) return undefined;
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol === 'grpc') throw new InvalidInputError(`the protocol of OTEL_EXPORTER_OTLP_* is ${protocol}`, 'Traces are sent over HTTP: use http/json, and the port of the collector that takes it (4318).');
  const [{ OpenTelemetryActivityInboundInterceptor, OpenTelemetryActivityOutboundInterceptor, makeWorkflowExporter }, { BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { detectResourcesSync, envDetectorSync, Resource }, { AsyncLocalStorageContextManager }] = await packages();
  const resource = new Resource({ 'service.name': 'fleetwright' }).merge(detectResourcesSync({ detectors: [envDetectorSync] }));
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  const tracer = provider.getTracer('fleetwright');
  return {
    options: {
      sinks: { exporter: makeWorkflowExporter(processor, resource) },
      interceptors: { activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }), outbound: new OpenTelemetryActivityOutboundInterceptor(context) })] },
    },
    close: () => provider.shutdown(),
  };
}

async function packages() {
  try {
    return await Promise.all([
      import('@temporalio/interceptors-opentelemetry'), import('@opentelemetry/sdk-trace-base'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InvalidInputError(`OTEL_* asks for traces, and their packages are not installed: ${(error as Error).message.split('\n', 1)[0]}`, 'Install Fleetwright with its optional packages (npm install --include=optional), or unset OTEL_EXPORTER_OTLP_ENDPOINT.');
  }
}
