/** Annotations for a person: the worst first, and what was said again (by a step that was tried again) once. Pure. */
import type { AnnotationLevel } from '../../infra/log/annotation.js';
import type { StoredAnnotation } from '../../infra/log/store.js';

export type SaidAnnotation = StoredAnnotation & {
  /** How often it was said. */
  readonly times: number;
};

const ORDER: readonly AnnotationLevel[] = ['error', 'warning', 'notice'];

/** In the order in which they were said, within a level. */
export function worstFirst(annotations: readonly StoredAnnotation[]): readonly SaidAnnotation[] {
  const found = new Map<string, SaidAnnotation>();
  for (const one of annotations) {
    const key = JSON.stringify(one);
    found.set(key, { ...one, times: (found.get(key)?.times ?? 0) + 1 });
  }
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}
