import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { answerOf, listenForInterrupts } from '../../cli/interrupts.js';
import { fakeTerminal } from './fakeTerminal.js';

function listen(answer?: (signal: AbortSignal) => Promise<string>) {
  const source = new EventEmitter();
  const handlers = { pause: vi.fn(), resume: vi.fn(), cancel: vi.fn(async () => undefined) };
  const asked = vi.fn((_: string, signal: AbortSignal) => answer!(signal));
  const interrupts = listenForInterrupts(fakeTerminal(answer === undefined ? {} : { ask: asked }), handlers, source);
  return { source, handlers, asked, interrupts };
}
const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const never = (signal: AbortSignal): Promise<string> => new Promise((_, reject) => { signal.addEventListener('abort', () => reject(signal.reason as Error)); });

describe('Ctrl-C', () => {
  it('asks, and keeps watching unless told otherwise', async () => {
    const { source, handlers, asked, interrupts } = listen(async () => '');
    source.emit('SIGINT');
    await settled();
    expect(asked).toHaveBeenCalledOnce();
    expect(handlers.pause).toHaveBeenCalledOnce();
    expect(handlers.resume).toHaveBeenCalledOnce();
    expect(interrupts.detached.aborted).toBe(false);
  });

  it('cancels when told to, and keeps watching the undo', async () => {
    const { source, handlers, interrupts } = listen(async () => 'c\n');
    source.emit('SIGINT');
    await settled();
    expect(handlers.cancel).toHaveBeenCalledOnce();
    expect(handlers.resume).toHaveBeenCalledOnce();
    expect(interrupts.detached.aborted).toBe(false);
  });

  it('detaches when told to', async () => {
    const { source, handlers, interrupts } = listen(async () => 'd');
    source.emit('SIGINT');
    await settled();
    expect(interrupts.detached.aborted).toBe(true);
    expect(handlers.resume).not.toHaveBeenCalled();
  });

  it('a second time detaches, while the question is open and after it', async () => {
    const open = listen(never);
    open.source.emit('SIGINT');
    open.source.emit('SIGINT');
    expect(open.interrupts.detached.aborted).toBe(true);
    const answered = listen(async () => 'w');
    answered.source.emit('SIGINT');
    await settled();
    answered.source.emit('SIGINT');
    expect(answered.interrupts.detached.aborted).toBe(true);
    expect(answered.asked).toHaveBeenCalledOnce();
  });

  it('without a terminal detaches at once, as SIGTERM does anywhere', () => {
    const plain = listen();
    plain.source.emit('SIGINT');
    expect(plain.interrupts.detached.aborted).toBe(true);
    const other = listen(never);
    other.source.emit('SIGTERM');
    expect(other.interrupts.detached.aborted).toBe(true);
  });

  it('is the process default again when the watching is over', () => {
    const { source, interrupts } = listen(never);
    source.emit('SIGINT');
    interrupts.dispose();
    expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM') + source.listenerCount('SIGHUP')).toBe(0);
  });

  it('takes words as well as letters', () => {
    expect(['d', 'Detach', 'c', ' cancel', '', 'x'].map(answerOf)).toEqual(['detach', 'detach', 'cancel', 'cancel', 'watch', 'watch']);
  });
});
