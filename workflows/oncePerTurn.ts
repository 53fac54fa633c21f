/** Does work once for all that asks for it together: what a workflow task changes in many places is looked at when it has changed. */

/** Does the work at once, and then whenever it is asked for, when what runs now has run. @returns asks for it */
export function oncePerTurn(work: () => void): () => void {
  let asked = false;
  work();
  return () => {
    if (asked) return;
    asked = true;
    // A microtask: it comes behind those that wait already, and leaves nothing in the history.
    void Promise.resolve().then(() => {
      asked = false;
      work();
    });
  };
}
