// @actions/* import JSON without an attribute, which plain Node 20 refuses (the build bundles them): here Node adds it.
import { register } from 'node:module';

const hooks = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.url.endsWith('.json') ? { ...found, importAttributes: { type: 'json' } } : found;
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
