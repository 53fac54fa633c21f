/** The containers of a job: the one in which its steps run, and its services. */
import type Docker from 'dockerode';
import type { JobFolder } from '../script/folders.js';
import type { StepProcess } from '../script/host.js';

/** `container:`, or one of `services:`, with every expression evaluated. */
export interface EvaluatedContainer {
  /** Empty: there is no such container, as on GitHub. */
  readonly image: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly env: Readonly<Record<string, string>>;
  /** `80`, `8080:80`, `127.0.0.1:8080:80/udp`. */
  readonly ports: readonly (string | number)[];
  /** `name:/inside`, `/on/host:/inside:ro`, `/inside`. */
  readonly volumes: readonly string[];
  /** Flags of `docker create`, as a shell splits them. @default none */
  readonly options?: string;
  /** Of a service. @default the image's */
  readonly entrypoint?: string;
  /** Of a service, as a shell splits it. @default the image's */
  readonly command?: string;
}

/** What the containers belong to: by it they are found again. */
export interface JobIdentity {
  readonly run: string;
  /** The job's key: its id, with the matrix's number where there is one. */
  readonly job: string;
  /** The run's attempt. @default 1 */
  readonly attempt?: number;
}

export interface JobContainersRequest extends JobIdentity {
  /** Gets the engine: `ensureEngine`, or what finds one. Called only when there is a container to start. @throws PermanentError when there is none */
  readonly docker: () => Promise<Docker>;
  readonly folders: JobFolder;
  /** Holds the actions that were fetched; seen as `/__w/_actions`. @default none is */
  readonly actions?: string;
  /** RUNNER_TOOL_CACHE; seen as `/__t`. @default none is */
  readonly toolCache?: string;
  readonly container?: EvaluatedContainer | undefined;
  /** By name, which is their host name in the job's network. */
  readonly services: Readonly<Record<string, EvaluatedContainer>>;
  /** Whether steps are run by the `docker` command, which costs less than our own helper. @default where the host has it */
  readonly byCommand?: boolean;
  /** Takes a line of progress. What it is given is masked by `mask`. */
  readonly log: (line: string) => void;
  /** Hides secrets in what goes to `log` and into errors. */
  readonly mask: (text: string) => string;
  /** The job is over: what was not ready yet is removed. */
  readonly signal?: AbortSignal | undefined;
  /** Somebody else goes on with the job: nothing is waited for any more, and what was made is left. */
  readonly letGo?: AbortSignal | undefined;
}

/** The `job` context's part. */
export interface ContainersContext {
  readonly container?: { readonly id: string; readonly network: string };
  /** `ports`: the host's port by the container's: `{"80": "32768"}`. */
  readonly services: Readonly<Record<string, { readonly id: string; readonly network: string; readonly ports: Readonly<Record<string, string>> }>>;
}

export interface JobContainers {
  readonly context: ContainersContext;
  /** The job's network, for Docker actions. @default none: the job has no containers */
  readonly network?: string;
  /** The address of the engine as DOCKER_HOST has it: Docker actions use the same. @default none: the job has no containers */
  readonly engine?: string;
  /** A path of the host as the job's container sees it; as it is where there is no such container, or it does not see it. */
  translate(path: string): string;
  /** The process in the job's container; as it is where there is none. Its journal stays on the host. */
  wrap(process: StepProcess): StepProcess;
  /** Ends by force what a wrapped process left running in the container. A no-op where there is none. @param journal the folder of its journal */
  stop(journal: string): Promise<void>;
  /** Removes containers, their anonymous volumes and the network. Safe to repeat. @throws TransientError when the engine does not answer */
  end(): Promise<void>;
}
