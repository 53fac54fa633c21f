import { describe, expect, it } from 'vitest';
import { InvalidActionsError, parseActionFile, parseActionFiles } from '../../language/actionMetadata.js';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { planText } from '../../language/planText.js';

const BOOT = `name: Boot
description: Boots
inputs:
  key: {description: A key, format: private-key, default: ''}
  size: {description: How many, type: number, default: 3, minimum: 3}
runs: {using: activity, activity: boot}
`;
const FILE = `on:
  workflow_dispatch:
    inputs:
      ssh-key: {default: ''}
      size: {type: number, default: 3}
jobs:
  a:
    runs-on: worker
    steps:
      - {uses: fleetwright/boot@v1, with: {key: '\${{ inputs.ssh-key }}', size: '\${{ inputs.size }}'}}
      - {uses: fleetwright/boot@v1, with: {key: '\${{ inputs.ssh-key }}'}}
      - {uses: fleetwright/boot@v1, with: {key: /a/literal}}
      - {uses: fleetwright/boot@v1, with: {key: '\${{ github.run_id }}'}}
`;
const actions = parseActionFiles([{ name: 'boot', path: 'boot/action.yml', text: BOOT }]);

async function problems(inputs: Readonly<Record<string, string>>): Promise<{ readonly asked: string[]; readonly lines: readonly string[]; readonly planned: boolean }> {
  const asked: string[] = [];
  const look = async (format: string, value: string): Promise<string[]> => {
    asked.push(`${format} ${value}`);
    return value.startsWith('/bad') ? [`${value} is no key`, 'nor anything else'] : [];
  };
  const { plan, diagnostics } = await planText(FILE, 'x.yml', { inputs, actions, look });
  return { asked, lines: diagnostics.map(formatDiagnostic), planned: plan !== undefined };
}

describe('what only the host can judge', () => {
  it('is asked once for each value that is known before the start, and not for an empty one', async () => {
    expect(await problems({ 'ssh-key': '/good' })).toEqual({ asked: ['private-key /good', 'private-key /a/literal'], lines: [], planned: true });
    expect((await problems({})).asked).toEqual(['private-key /a/literal']);
  });

  it('is said where the file declares the input, beside everything else that is wrong', async () => {
    expect(await problems({ 'ssh-key': '/bad', size: '2' })).toMatchObject({
      planned: false,
      lines: [
        'x.yml:4:7: input ssh-key: /bad is no key',
        'x.yml:4:7: input ssh-key: nor anything else',
        'x.yml:5:7: input size: 2 is less than 3',
      ],
    });
  });

  it('has a format that is known', () => {
    const { diagnostics } = parseActionFile(BOOT.replace('private-key', 'privat-key'), 'action.yml');
    expect(diagnostics.map(formatDiagnostic)).toEqual(['action.yml:4:37: unknown format "privat-key": use private-key, unit-files, inventory: did you mean "private-key"?']);
  });
});

describe('the files of the actions', () => {
  it('are refused with all that is wrong with any of them', () => {
    const broken = [{ name: 'a', path: 'a.yml', text: '' }, { name: 'b', path: 'b.yml', text: '[]' }];
    expect(() => parseActionFiles(broken)).toThrow(InvalidActionsError);
    expect(() => parseActionFiles(broken)).toThrow(/^a\.yml:1:1: .*\nb\.yml:1:1: /);
  });
});
