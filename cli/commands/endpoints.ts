/** `fleetwright endpoints`: the web servers that etcd holds, and what each of their pages says now. */
import { fetchPage, type Way } from '../../infra/endpoints/fetchPage.js';
import { PAGES } from '../../infra/endpoints/pages.js';
import { type Announcement, webAnnouncements } from '../../infra/etcd/announcements.js';
import { type ClusterFlags, withCluster } from '../cluster/open.js';
import { tellRows } from '../cluster/tellRows.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Row } from '../tables.js';
import type { Terminal } from '../terminal.js';

const PATIENCE_MS = 10_000;

/** Exit code 1 when a page is not as it should be. @throws as `withCluster` */
export async function endpoints(terminal: Terminal, flags: ClusterFlags): Promise<ExitCode> {
  const looked = await withCluster(flags, async (cluster) => {
    const found = [...(await webAnnouncements(await cluster.etcd())).values()].sort((a, b) => a.unit.localeCompare(b.unit));
    return Promise.all(found.map(async (one) => look(one, await cluster.way(one.host))));
  });
  tellRows(terminal, flags, looked.map(({ row }) => row));
  const problems = looked.flatMap((one) => one.problems);
  terminal.note(...problems);
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

async function look({ unit, host, publicAddress, port }: Announcement, way: Way | undefined): Promise<{ readonly row: Row; readonly problems: readonly string[] }> {
  const base = `http://${publicAddress}:${port}`;
  const problems: string[] = [];
  const cells = await Promise.all(PAGES.map(async (page) => {
    try {
      return [page.path, await fetchPage(base, page, AbortSignal.timeout(PATIENCE_MS), way)] as const;
    } catch (error) {
      problems.push((error as Error).message);
      return [page.path, 'failed'] as const;
    }
  }));
  return { row: { UNIT: unit, HOST: host, ADDRESS: base, ...Object.fromEntries(cells) }, problems };
}
