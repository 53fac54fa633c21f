/** What each way of making an image is given. */
export interface MakeRequest {
  /** `fleetwright/web` */
  readonly repo: string;
  /** The first characters of the content hash. */
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The parents and their ids on the engine, in the recipe's order. */
  readonly parents: readonly { readonly name: string; readonly id: string }[];
  readonly noCache: boolean;
  /** Each line of the build's log. */
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}
