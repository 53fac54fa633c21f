/** The product on a state folder and ports that one test file alone has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDevServer } from '../../infra/temporal/devServer.js';
import { temporalSettings, portOf } from '../../infra/temporal/settings.js';
import { ensureWorker } from '../../infra/temporal/worker.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { product, type Product } from '../e2e/product.js';
import { freePorts } from '../freePorts.js';

export interface OwnProduct {
  /** The state folder. */
  readonly state: string;
  readonly commands: Product;
  /** Runs a command to its end. */
  run: Product['run'];
  /** Starts server and worker where they do not run, as a command does. */
  start(): Promise<void>;
  /** Ends both; their state folder is removed. */
  stop(): Promise<void>;
}

/** Changes the environment of this process, which is the test file's own. @param state @default a new folder */
export async function ownProduct(cwd: string, state = mkdtempSync(join(tmpdir(), 'fleetwright-durable-'))): Promise<OwnProduct> {
  const [port, uiPort] = await freePorts(2);
  Object.assign(process.env, { XDG_STATE_HOME: state, FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort) });
  const commands = await product({ cwd, ports: [port!, uiPort!] });
  return {
    state, commands,
    run: (...args) => commands.run(...args),
    start: async () => {
      const settings = temporalSettings();
      await ensureDevServer({ port: portOf(settings), uiPort: settings.uiPort, searchAttributes: Object.values(SEARCH_ATTRIBUTES) });
      await ensureWorker({ settings });
    },
    stop: async () => {
      await commands.run('stop');
      rmSync(state, { recursive: true, force: true });
    },
  };
}
