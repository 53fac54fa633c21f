import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masker } from '../../../infra/log/masker.js';

const SECRET = `pa"ss/w'rd+&<x> ünï`;

function maskerOf(...secrets: readonly string[]): Masker {
  const masker = new Masker();
  for (const secret of secrets) masker.add(secret);
  return masker;
}

/** Through a stream, in chunks of these sizes over and over. */
function streamed(masker: Masker, text: string | Buffer, sizes: readonly number[]): Buffer {
  const stream = masker.stream();
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    out.push(Buffer.from(stream.push(bytes.subarray(at, at + size))));
    at += size;
  }
  return Buffer.concat([...out, Buffer.from(stream.end())]);
}

/** What the masks of all occurrences leave, found one by one: the simplest way. */
function expected(text: string, secrets: readonly string[]): string {
  const hidden = new Set<number>();
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      for (let i = at; i < at + secret.length; i++) hidden.add(i);
    }
  }
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (!hidden.has(i)) out += text[i];
    else if (!hidden.has(i - 1)) out += '***';
  }
  return out;
}

describe('a secret', () => {
  it.each<readonly [string, string]>([
    ['as it is', SECRET],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64 of a URL', Buffer.from(SECRET).toString('base64url')],
    ['URI-encoded', encodeURIComponent(SECRET)],
    ['URI-encoded strictly', encodeURIComponent(SECRET).replaceAll("'", '%27')],
    ['as a form has it', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON of ASCII alone', JSON.stringify(SECRET).slice(1, -1).replaceAll(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['in XML', 'pa&quot;ss/w&apos;rd+&amp;&lt;x&gt; ünï'],
    ['as an argument', SECRET.replaceAll('"', '\\"')],
    ['in the trace of a shell', SECRET.replaceAll("'", `'\\''`)],
    ["in PowerShell's quotes", SECRET.replaceAll("'", "''")],
    ["in the first part of PowerShell's error", `pa"ss/w'rd+&`],
  ])('is hidden %s', (_, text) => {
    const masked = maskerOf(SECRET).mask(`before ${text} after`);
    expect(masked).toBe('before *** after');
  });

  it.each([0, 1, 2, 3, 4, 5])('is hidden in base64 of a text with %i bytes before it, but for the digits that it shares with them', (before) => {
    const secret = 'correct horse battery staple';
    const text = Buffer.from(`${'u'.repeat(before)}${secret}:rest`).toString('base64');
    const masked = maskerOf(secret).mask(text);
    const prefix = Math.floor((before * 8) / 6);
    expect(masked).toMatch(/^[\w+/]{0,8}\*{3}[\w+/=]{0,10}$/);
    expect(masked.indexOf('***')).toBeGreaterThanOrEqual(prefix);
    expect(masked.indexOf('***')).toBeLessThanOrEqual(prefix + 1);
  });

  it('is hidden in base64 that is broken into lines', () => {
    const secret = 'k3y-'.repeat(60);
    const lines = Buffer.from(`${secret}\n`).toString('base64').replaceAll(/.{76}/g, '$&\n');
    const masked = maskerOf(secret).mask(lines);
    expect(masked.replaceAll('***', '').replaceAll('\n', '').length).toBeLessThanOrEqual(4);
  });

  it('of several lines is hidden line by line, whole, with other line breaks, and in JSON; its shortest lines only in the whole', () => {
    const secret = '-----BEGIN-----\nMIIabc\n}\nxyz==1\n-----END-----\n';
    const masker = maskerOf(secret);
    expect(masker.mask('see MIIabc and xyz==1')).toBe('see *** and ***');
    expect(masker.mask('a } b')).toBe('a } b');
    expect(masker.mask(`<${secret}>`)).toBe('<***>');
    expect(masker.mask(`<${secret.replaceAll('\n', '\r\n')}>`)).toBe('<***>');
    expect(masker.mask(JSON.stringify(secret))).toBe('"***"');
  });

  it.each(['', 'abc', '  \n ', ' ab '])('that is too short, as %j, is refused and hides nothing', (secret) => {
    const masker = new Masker();
    expect(masker.add(secret)).toBe(false);
    expect(masker.mask('abc  \n ab ')).toBe('abc  \n ab ');
  });

  it('is accepted again', () => {
    const masker = maskerOf('hunter22');
    expect(masker.add('hunter22')).toBe(true);
  });

  it('in quotes is hidden without them too', () => expect(maskerOf('"quoted secret"').mask('a quoted secret b')).toBe('a *** b'));
});

describe('matches', () => {
  it('give the longest one where one holds another', () => expect(maskerOf('secret', 'secret-and-more').mask('x secret-and-more y secret z')).toBe('x *** y *** z'));
  it('that overlap or touch are one', () => {
    const masker = maskerOf('abcdef', 'defghi', 'wxyz');
    expect(masker.mask('_abcdefghi_')).toBe('_***_');
    expect(masker.mask('_abcdefwxyzwxyz_')).toBe('_***_');
  });
  it('are found within the beginning of a longer secret', () => {
    expect(maskerOf('abcd', 'xabcdefg', 'yxabcdef-').mask('yxabcdef yxabcd xabcdefg')).toBe('yx***ef yx*** ***');
  });
  it('leave text without any as the same string', () => {
    const text = 'nothing here';
    expect(maskerOf('hunter22').mask(text)).toBe(text);
  });
});

describe('a stream', () => {
  it('gives a chunk without secrets on as it is, and keeps back only what may be the beginning of one', () => {
    const stream = maskerOf('hunter22').stream();
    const chunk = Buffer.from('nothing of it\n');
    expect(stream.push(chunk).toString()).toBe('nothing of it\n');
    expect(stream.held).toBe(0);
    expect(stream.push(Buffer.from('a hunt')).toString()).toBe('a ');
    expect(stream.held).toBe(4);
    expect(stream.push(Buffer.from('ing')).toString()).toBe('hunting');
    expect(Buffer.concat([stream.push(Buffer.from('hunter2')), stream.end()]).toString()).toBe('hunter2');
  });

  it('without any secret gives the very chunk', () => {
    const chunk = Buffer.from('anything');
    expect(new Masker().stream().push(chunk)).toBe(chunk);
  });

  it('hides a secret that is added while it is open, from then on, and in what it keeps back', () => {
    const masker = maskerOf('hunter22');
    const stream = masker.stream();
    const first = stream.push(Buffer.from('swordfish hunter'));
    masker.add('hunter23');
    masker.add('swordfish');
    expect(first.toString()).toBe('swordfish ');
    expect(Buffer.concat([stream.push(Buffer.from('23 swordfish')), stream.end()]).toString()).toBe('*** ***');
  });

  it('keeps bytes that are no text', () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 10, 0xc3]);
    expect(streamed(maskerOf('hunter22'), bytes, [1]).equals(bytes)).toBe(true);
  });

  const alphabet = fc.constantFrom('a', 'b', 'ab', 'aab', 'c\n', 'x');
  const word = fc.array(alphabet, { minLength: 4, maxLength: 8 }).map((parts) => parts.join(''));

  it('hides what a search for each of the secrets finds, however it is broken', () => {
    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(fc.oneof(alphabet, word), { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (words, parts, sizes) => {
      // One line each, so that a secret's own lines are no secrets of their own.
      const secrets = words.map((one) => one.replaceAll('\n', '_'));
      const text = [...parts, ...secrets].join('').replaceAll('\n', '_');
      const masker = maskerOf(...secrets);
      expect(streamed(masker, text, sizes).toString()).toBe(expected(text, secrets));
      expect(masker.mask(text)).toBe(expected(text, secrets));
    }));
  });

  it('gives the same whatever the secrets and wherever its chunks break', () => {
    fc.assert(fc.property(fc.array(fc.string({ minLength: 4, maxLength: 30, unit: 'binary' }), { minLength: 1, maxLength: 5 }), fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (secrets, more, sizes) => {
      const masker = maskerOf(...secrets);
      const text = `${more}${secrets.join(more)}${Buffer.from(secrets[0]!).toString('base64')}${encodeURIComponent(Buffer.from(secrets[0]!).toString())}`;
      expect(streamed(masker, text, sizes).toString('latin1')).toBe(streamed(masker, text, [1e9]).toString('latin1'));
      for (const secret of secrets) if (secret.trim().length >= 4) expect(masker.mask(text)).not.toContain(secret);
    }));
  });

  it('hides hundreds of long secrets', () => {
    const keys = Array.from({ length: 300 }, (_, i) => `key-${i}-${'0123456789abcdef'.repeat(20)}-${i}`);
    const masker = maskerOf(...keys);
    expect(masker.mask(`${keys.join(' ')} ${Buffer.from(keys[7]!).toString('base64')}`)).toBe(Array.from({ length: 301 }, () => '***').join(' '));
  });
});
