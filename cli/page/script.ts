/**
 * What the page does: search in all logs, opening and closing, keys. It changes classes and `open` alone, and makes no markup of anything.
 * Without it the page still reads: logs fold by themselves.
 */
export const SCRIPT = `'use strict';
const $ = (id) => document.getElementById(id), all = (what) => [...document.querySelectorAll(what)];
const box = $('search'), found = $('found');
let hits = [], at = -1, timer;
function show(element) {
  for (let e = element; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
}
function go(to) {
  if (hits.length === 0) return;
  hits[at]?.classList.remove('now');
  at = (to + hits.length) % hits.length;
  show(hits[at]);
  hits[at].classList.add('now');
  hits[at].scrollIntoView({ block: 'center' });
  found.textContent = (at + 1) + ' of ' + hits.length;
}
function search() {
  for (const hit of hits) hit.classList.remove('hit', 'now');
  const word = box.value.toLowerCase();
  hits = word === '' ? [] : all('.l').filter((line) => line.textContent.toLowerCase().includes(word));
  at = -1;
  for (const hit of hits) hit.classList.add('hit');
  found.textContent = word === '' ? '' : hits.length === 0 ? 'no line' : hits.length + (hits.length === 1 ? ' line' : ' lines');
}
box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, 120); });
box.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') { clearTimeout(timer); if (at === -1) search(); go(event.shiftKey ? (at === -1 ? -1 : at - 1) : at + 1); }
  if (event.key === 'Escape') { box.value = ''; search(); box.blur(); }
});
$('open').addEventListener('click', () => { for (const one of all('details.step')) one.open = true; });
$('close').addEventListener('click', () => { for (const one of all('details.step, details.group')) one.open = false; });
document.addEventListener('keydown', (event) => {
  if (event.target === box || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = all('details.step > summary'), here = steps.indexOf(document.activeElement);
  const to = { j: here + 1, k: here < 0 ? steps.length - 1 : here - 1, f: steps.findIndex((one, i) => i > here && one.parentElement.classList.contains('failure')) }[event.key];
  if (event.key === '/') { event.preventDefault(); box.focus(); box.select(); }
  else if (to !== undefined && steps[to]) { event.preventDefault(); steps[to].focus(); steps[to].scrollIntoView({ block: 'nearest' }); }
});
function toHash() {
  const target = location.hash.length > 1 && $(location.hash.slice(1));
  if (target) { show(target); target.scrollIntoView(); target.querySelector('summary')?.focus({ preventScroll: true }); }
}
addEventListener('hashchange', toHash);
toHash();
`;
