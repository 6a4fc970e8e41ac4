// Does a form load in Form.io's own renderer? The first line gives the lists of the catalogue:
//   {"lists": {name: [options]}, "by_province": {name: {code: [options]}}}
// then one {"form": {...}} a line in, one answer a line out:
//   {"drawn": [keys], "asked": [addresses], "said": [errors, warnings, rejections]}
// With "data", and the numbers of the inputs to "click" one after the other, "states" tell what the
// form holds and which of its inputs are ticked: begun, with the data, and after each click.
const readline = require('node:readline');
const { JSDOM, VirtualConsole } = require('jsdom');
const zones = require('moment-timezone/data/packed/latest.json');

const HOUSE = 'http://gateway.test';
const ZONES = `${HOUSE}/lib/moment-timezone`;
const PATIENCE_MS = 20000;
const SETTLED_MS = 250;
let said = [];
let asked = [];
let catalogue = { lists: {}, by_province: {} };

function say(kind) {
  return (...words) => said.push(`${kind}: ${words.map((w) => (w && w.stack) || w).join(' ')}`);
}

const seen = new VirtualConsole();
for (const kind of ['error', 'warn', 'jsdomError']) seen.on(kind, say(kind));
const { window } = new JSDOM('<!doctype html><html lang="vi"><body></body></html>', {
  url: `${HOUSE}/`, pretendToBeVisual: true, virtualConsole: seen,
});

// The renderer expects a browser around it.
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) globalThis[name] = window[name];
}
Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
for (const name of ['Event', 'CustomEvent', 'EventTarget']) globalThis[name] = window[name];
for (const kind of ['error', 'warn']) console[kind] = say(kind);
for (const kind of ['log', 'info', 'debug']) console[kind] = () => {};
process.on('unhandledRejection', say('rejection'));
window.addEventListener('error', (event) => say('uncaught')(event.error || event.message));

function contentAt(address) {
  if (address.startsWith(ZONES)) return zones;
  const url = new URL(address, HOUSE);
  const name = url.pathname.replace('/catalogue/', '');
  if (url.origin !== HOUSE) return undefined;
  if (name in catalogue.lists) return catalogue.lists[name];
  const province = url.searchParams.get('province');
  if (province === '' && name in catalogue.by_province) return [];
  return (catalogue.by_province[name] || {})[province];
}

async function fetched(address) {
  asked.push(String(address));
  const content = contentAt(String(address));
  if (content === undefined) say('fetch')(`nothing stands at ${address}`);
  return new Response(JSON.stringify(content || []), {
    status: content ? 200 : 404, headers: { 'content-type': 'application/json' },
  });
}
globalThis.fetch = window.fetch = fetched;

const { Formio } = require('@formio/js');
// Every option of every list is cleaned, three hundred countries in some thirty lists: each text once.
const purifier = require('dompurify');
const clean = purifier.sanitize;
const cleaned = new Map();
purifier.sanitize = (text, rules) => {
  const key = JSON.stringify([text, rules]);
  if (!cleaned.has(key)) cleaned.set(key, clean(text, rules));
  return cleaned.get(key);
};
Formio.fetch = fetched;
Formio.setBaseUrl(HOUSE);
// A page that hosts the renderer brings calendar and zones along; else they would come from afar.
Formio.cdn['moment-timezone'] = ZONES;
window.flatpickr = require('flatpickr');
window['flatpickr-vi'] = require('flatpickr/dist/l10n/vn.js').default;

function late() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not ready after ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
  });
}

function pause() {
  return new Promise((done) => setTimeout(done, SETTLED_MS));
}

async function used(form, place, { data, click = [] }) {
  if (!data) return [];
  const inputs = () => [...place.querySelectorAll('input')];
  const states = [];
  const tell = () => states.push({
    data: structuredClone(form.submission.data),
    ticked: inputs().flatMap((input, number) => (input.checked ? [number] : [])),
  });
  tell();
  await form.setSubmission({ data });
  await pause();
  tell();
  for (const number of click) {
    inputs()[number].click();
    await pause();
    tell();
  }
  return states;
}

async function drawn(definition, given) {
  const place = window.document.body.appendChild(window.document.createElement('div'));
  const keys = [];
  const form = await Formio.createForm(place, definition);
  await form.ready;
  // Selects ask for their lists a tenth of a second later.
  await pause();
  form.everyComponent((component) => keys.push(component.key));
  if (!place.querySelector('input')) say('empty')('the form draws no input');
  const states = await used(form, place, given);
  form.destroy(true);
  place.remove();
  return { keys, states };
}

async function answer(line) {
  const given = JSON.parse(line);
  if (given.lists) {
    catalogue = given;
    return;
  }
  said = [];
  asked = [];
  let seen = { keys: [], states: [] };
  try {
    seen = await Promise.race([drawn(given.form, given), late()]);
  } catch (error) {
    say('threw')(error);
  }
  process.stdout.write(`${JSON.stringify({ drawn: seen.keys, states: seen.states, asked, said })}\n`);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) await answer(line);
  process.stdout.write('', () => process.exit(0));
})();
