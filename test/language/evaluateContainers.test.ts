import { describe, expect, it } from 'vitest';
import { evaluateContainer, evaluateServices } from '../../language/evaluateContainers.js';

const scope = {
  contexts: {
    matrix: { image: 'node:20', none: '', ports: [80, '81:81'], object: { image: 'redis', ports: [6379], env: { A: 1 }, options: '--cpus 1' }, labels: ['self-hosted', 'linux'] },
  },
  secrets: { PASSWORD: 'p' },
};
const none = { image: '', env: {}, ports: [], volumes: [] };

describe('a container', () => {
  it.each([
    ['node:20', { ...none, image: 'node:20' }],
    ['${{ matrix.image }}', { ...none, image: 'node:20' }],
    ['${{ matrix.none }}', none],
    [undefined, none],
    ['${{ matrix.object }}', { image: 'redis', env: { A: '1' }, ports: ['6379'], volumes: [], options: '--cpus 1' }],
  ])('%s', (container, expected) => expect(evaluateContainer(container, scope)).toEqual(expected));

  it('of a mapping has everything evaluated, secrets too, and lists that an expression gives', () => {
    const plan = {
      image: '${{ matrix.image }}', env: { P: '${{ secrets.PASSWORD }}', N: 1.5 }, ports: [5432, '${{ matrix.ports }}'], volumes: ['a:/b'],
      credentials: { username: 'me', password: '${{ secrets.PASSWORD }}' }, options: '${{ matrix.none }}', command: 'serve ${{ matrix.image }}',
    };
    expect(evaluateContainer(plan, scope)).toEqual({
      image: 'node:20', env: { P: 'p', N: '1.5' }, ports: ['5432', '80', '81:81'], volumes: ['a:/b'], credentials: { username: 'me', password: 'p' }, command: 'serve node:20',
    });
  });

  it('has the credentials that an expression gives, if any', () => {
    const withCredentials = (credentials: string) => evaluateContainer({ image: 'a', env: {}, ports: [], volumes: [], credentials }, scope).credentials;
    expect(withCredentials("${{ fromJSON(format('{{\"username\": \"me\", \"password\": \"{0}\"}}', secrets.PASSWORD)) }}")).toEqual({ username: 'me', password: 'p' });
    expect(withCredentials("${{ fromJSON('{}') }}")).toBeUndefined();
    expect(withCredentials('${{ matrix.none }}')).toBeUndefined();
  });

  it('that is a list is an error', () => expect(() => evaluateContainer('${{ matrix.labels }}', scope)).toThrow('a container must be an image or an object'));
});

describe('services', () => {
  it('are a mapping, or what an expression gives', () => {
    expect(evaluateServices({ db: 'postgres', cache: '${{ matrix.object }}' }, scope)).toMatchObject({ db: { image: 'postgres' }, cache: { image: 'redis' } });
    expect(evaluateServices("${{ fromJSON('{\"db\": {\"image\": \"postgres\", \"credentials\": {\"username\": \"u\"}}}') }}", scope))
      .toEqual({ db: { ...none, image: 'postgres', credentials: { username: 'u', password: '' } } });
    expect(evaluateServices('${{ matrix.none }}', scope)).toEqual({});
    expect(() => evaluateServices('${{ matrix.image }}', scope)).toThrow('services must be an object, not "node:20"');
  });
});
