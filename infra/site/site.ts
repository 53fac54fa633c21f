/**
 * What differs between a cluster whose machines are containers of this host's engine (`here.ts`) and one whose machines are somewhere else
 * (`elsewhere.ts`): where its own services run, what makes a booted server a machine, and how images come to the machines.
 *
 * | | here | elsewhere |
 * |---|---|---|
 * | discovery, registry | a container beside the machines, before they boot | the public discovery service, else a container on the first machine |
 * | a machine | image and user-data: cloud-init does all of it | scripts over SSH, after the boot |
 * | images | built here, pushed to the registry beside the machines | built here, or on the first machine; pushed through SSH |
 */
import type { MachineName, RunId } from '../../language/ids.js';
import type { BuiltImage } from '../images/buildImages.js';
import type { ImageName } from '../images/catalogue.js';
import type { PublishedDigest, PublishedImage } from '../images/publishImages.js';
import type { ProgressListener } from '../progressListener.js';
import type { Removal, Server } from '../provider.js';
import type { Transport } from '../transport.js';

export interface Site {
  readonly services: SiteServices;
  readonly machines: MachineSetup;
  readonly images: ImageRoute;
}

/** Who asks, and who listens. */
export interface SiteCall {
  readonly run: RunId;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** The discovery service and the registry of the cluster itself. */
export interface SiteServices {
  /** Starts them unless they run. Undefined where they run on a machine: `MachineSetup.complete` starts them. @throws TransientError, PermanentError */
  start(call: SiteCall): Promise<StartedServices | undefined>;
  /**
   * A discovery URL for a new cluster. Empty when the service on the first machine is to give one, which `MachineSetup.complete` asks.
   * @param given the user's URL or service; empty for none @throws InvalidInputError, TransientError, PermanentError
   */
  discoveryUrl(given: string, size: number, call: SiteCall): Promise<string>;
  /** Removes what this run started; what goes with a machine is not its concern. */
  remove(startedBy: RunId): Promise<Removal>;
  /** Whether any of it is there beside the machines. */
  areThere(): Promise<boolean>;
}

export interface StartedServices {
  /** `10.210.7.2:5000`: the registry as the machines reach it. */
  readonly registry: string;
  /** `http://10.210.7.2:8087`: the discovery service as the machines reach it. */
  readonly discoveryService: string;
  /** False when they ran already. */
  readonly changed: boolean;
}

/** How servers become machines of the cluster, with etcd, fleet and Docker. */
export interface MachineSetup {
  /** What a server is booted with. @throws InvalidInputError for a template that cannot be filled in */
  seed(request: SeedRequest, call: SiteCall): Promise<Seed>;
  /**
   * Makes machines of servers that were booted with the seed, all at once. Safe to repeat: on one that is a machine it changes nothing.
   * @returns the names of those that it changed @throws TransientError, PermanentError
   */
  complete(servers: readonly Server[], request: SeedRequest, call: SiteCall): Promise<readonly MachineName[]>;
}

export interface SeedRequest {
  readonly discoveryUrl: string;
  /** Path of a cloud-config template; empty for the one that ships. */
  readonly template: string;
  /** The images that the machines will need. */
  readonly images: readonly ImageName[];
}

/** Of a `ServerRequest`. */
export interface Seed {
  readonly userData: string;
  readonly imageSet?: string;
}

/** The way of the images from their folders to the machines. */
export interface ImageRoute {
  /** Builds what is missing. Empty where that waits for the first machine. @throws as `buildImages` */
  build(names: readonly ImageName[], noCache: boolean, call: SiteCall): Promise<readonly BuiltImage[]>;
  /** Brings images to the registry, as far as there is one yet. @throws as `publishImages` */
  publish(names: readonly ImageName[], call: SiteCall): Promise<readonly PublishedImage[]>;
  /** What the registry offers under the names; what it lacks and can be given is given. Needs machines. @throws TransientError, PermanentError */
  published(names: readonly ImageName[], call: SiteCall): Promise<readonly PublishedDigest[]>;
  /** Has a machine fetch an image from where it was published, when that is not the registry that machines know. @default it is */
  readonly fetch?: ((machine: Transport, name: ImageName, call: SiteCall) => Promise<void>) | undefined;
  /** Lays images where machines that have none find them when their Docker starts. @returns whether they are there; false where each must pull */
  share(images: readonly PublishedDigest[], call: SiteCall): Promise<boolean>;
}
