/** Ansible with mitogen, in a Python environment of its own: what it takes, from its start to its end. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../../infra/provider.js';
import { COMMANDS } from './list.js';

const PACKAGES = ['ansible-core==2.19.14', 'mitogen==0.3.54'] as const;

/** Installs both below the folder, and gives the command that runs the playbook. */
export function prepareAnsible(folder: string, servers: readonly Server[], key: string): { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const python = join(folder, 'venv', 'bin', 'python');
  execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES], { stdio: 'inherit' });
  const plugins = execFileSync(python, ['-c', 'import os, ansible_mitogen; print(os.path.join(os.path.dirname(ansible_mitogen.__file__), "plugins", "strategy"))'], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'ansible.cfg'), [
    '[defaults]', `strategy_plugins = ${plugins}`, 'strategy = mitogen_linear', 'host_key_checking = False', 'gathering = explicit', 'forks = 4',
    `remote_tmp = /tmp/.ansible`, `local_tmp = ${join(folder, 'tmp')}`, 'interpreter_python = /usr/bin/python3', 'retry_files_enabled = False', '',
  ].join('\n'));
  writeFileSync(join(folder, 'hosts'), servers.map(({ name, publicAddress }) => `${name} ansible_host=${publicAddress} ansible_user=admin ansible_ssh_private_key_file=${key}\n`).join(''));
  const tasks = COMMANDS.map((argv) => ({ 'ansible.builtin.command': { argv } }));
  writeFileSync(join(folder, 'playbook.yml'), JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]));
  return {
    command: [join(folder, 'venv', 'bin', 'ansible-playbook'), '-i', join(folder, 'hosts'), join(folder, 'playbook.yml')],
    env: { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_HOME: join(folder, 'ansible'), PATH: `${join(folder, 'venv', 'bin')}:${process.env['PATH'] ?? ''}`, LC_ALL: 'C.UTF-8' },
  };
}
