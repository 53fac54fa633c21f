/** A Chromium of this host, for what is shown in one. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Names of the DOM that playwright-core's types use: the project is compiled without the DOM's own, which are not there where its code runs. */
declare global {
  interface Node { readonly nodeType: number }
  interface HTMLElement extends Node { readonly hidden: boolean }
  interface SVGElement extends Node { readonly ownerSVGElement: unknown }
  interface HTMLElementTagNameMap { readonly [tag: string]: HTMLElement }
}

const PLACES = [process.env['FLEETWRIGHT_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Its path; undefined where there is none, and what needs it is skipped. */
export const CHROMIUM = PLACES.find((path) => path !== undefined && existsSync(path));

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
