/** Typed helpers around dockerode: progress streams, labels of images, tags. */
import type Docker from 'dockerode';
import { TransientError } from '../errors.js';
import { engineCall, engineFind, statusOf, type CallOptions } from './engineCall.js';

/** @param options @default what DOCKER_HOST says, with what TLS needs beside it */
export async function openDocker(options?: Docker.DockerOptions): Promise<Docker> {
  // A quarter of what a worker loads at its start, and most workers of ours need no engine.
  const { default: Engine } = await import('dockerode');
  return new Engine(options);
}

/** One message of the engine's progress streams (build, pull, push, import). */
export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string; readonly code?: number };
  readonly aux?: unknown;
}

/** What went wrong inside a stream that the engine had answered with 200. */
export class StreamError extends TransientError {
  override readonly name = 'StreamError';
}

/**
 * Reads a progress stream to its end.
 * @throws StreamError with the engine's message when it reports an error, or when the stream breaks off; the signal's reason
 */
export async function followProgress(
  stream: NodeJS.ReadableStream, onMessage: (message: ProgressMessage) => void, signal?: AbortSignal,
): Promise<void> {
  const abort = (): void => void (stream as { destroy?: () => void }).destroy?.();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const line of lines(stream)) {
      const message = JSON.parse(line) as ProgressMessage;
      if (message.error !== undefined) throw new StreamError(message.errorDetail?.message ?? message.error);
      onMessage(message);
    }
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StreamError) throw error;
    throw new StreamError(`the Docker engine's answer broke off: ${(error as Error).message}`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** A message as one line for a person; undefined for what only draws progress bars. */
export function progressLine(message: ProgressMessage): string | undefined {
  const text = message.stream ?? (message.progress ? undefined : message.status && [message.id, message.status].filter(Boolean).join(': '));
  return text?.trim() || undefined;
}

/** Splits a stream into its lines, in bounded memory where lines are short. Empty lines are left out. */
export async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const parts = rest.split(/\r?\n/);
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}

/** The labels of an image, or undefined when there is no such image. */
export async function imageLabels(docker: Docker, reference: string, options?: CallOptions): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await engineFind(`look for the image ${reference}`, () => docker.getImage(reference).inspect(), options);
  return found && (found.Config?.Labels ?? {});
}

/** The engine's id of an image, or undefined when there is no such image. */
export async function imageId(docker: Docker, reference: string, options?: CallOptions): Promise<string | undefined> {
  return (await engineFind(`look for the image ${reference}`, () => docker.getImage(reference).inspect(), options))?.Id;
}

/** Removes an image that has lost its last name, and its parents that have none; it stays where anything still uses it. */
export async function removeNameless(docker: Docker, id: string, options?: CallOptions): Promise<void> {
  const found = await engineFind(`look for the image ${id}`, () => docker.getImage(id).inspect(), options);
  if (!found || (found.RepoTags ?? []).length > 0) return;
  try {
    await engineFind(`remove the image ${id}`, (abortSignal) => docker.getImage(id).remove({ abortSignal }), options);
  } catch (error) {
    // A container runs from it, or another image is made from it.
    if (statusOf(error) !== 409) throw error;
  }
}

/** Gives an image a further name. */
export async function tagImage(docker: Docker, reference: string, repo: string, tag: string, options?: CallOptions): Promise<void> {
  await engineCall(`tag the image ${reference}`, (abortSignal) => docker.getImage(reference).tag({ repo, tag, abortSignal }), options);
}

/** Takes a name from an image; it goes with its last name, unless a container or another image needs it. "Not found" is done. */
export async function untagImage(docker: Docker, reference: string, options?: CallOptions): Promise<void> {
  await engineFind(`untag ${reference}`, (abortSignal) => docker.getImage(reference).remove({ abortSignal }), options);
}
