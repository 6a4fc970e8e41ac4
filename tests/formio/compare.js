// What do the reference implementations say? One JSON request a line in, one answer a line out:
//   {"form": {...}, "data": {...}} -> {"shown": {path: true or false}} or {"threw": true}
//   {"form": {...}, "each": [{...}, ...]} -> a list of such answers, one for each data
//   {"dates": [...]}               -> a list of milliseconds since 1970, null for what is no date
//   {"rule": ..., "over": ...}     -> {"is": ...}, {"odd": "undefined" | "NaN" | ...} or {"threw": true}
const readline = require('node:readline');
const core = require('@formio/core');
const jsonLogic = require('json-logic-js');
const moment = require('moment');

for (const name of ['log', 'warn', 'error', 'debug']) console[name] = () => {};

moment.suppressDeprecationWarnings = true;

const DATA = new Set(['nestedArray', 'object', 'string', 'number', 'boolean', 'any']);

// Core tells what its conditions hide; what stands under something hidden is hidden too.
function shownBy(form, data) {
  const shown = {};
  // Not in core's own scope objects: `isEmpty` on a scope clears those of whatever lies below it.
  const under = new Map();
  const remember = {
    name: 'remember',
    shouldProcess: () => true,
    processSync({ component, parent, paths }) {
      const own = Boolean(component.scope && component.scope.conditionallyHidden);
      const hidden = under.get(parent) === true || Boolean(component.hidden) || own;
      under.set(component, hidden);
      // Check boxes that share a name are one field: it shows where one of them does.
      const path = paths.dataPath;
      if (component.type && DATA.has(component.modelType)) shown[path] = shown[path] || !hidden;
    },
  };
  core.processSync({
    form, submission: { data }, data, components: form.components, scope: {},
    processors: [core.conditionProcessInfo, remember],
  });
  return { shown };
}

function ruled(rule, over) {
  const is = jsonLogic.apply(rule, over);
  const odd = is === undefined || (typeof is === 'number' && !Number.isFinite(is));
  return odd ? { odd: String(is) } : { is };
}

function answered(asked) {
  try {
    return 'form' in asked ? shownBy(asked.form, asked.data) : ruled(asked.rule, asked.over);
  } catch (error) {
    return { threw: true };
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line);
  if ('dates' in asked) {
    // JSON writes NaN as null.
    process.stdout.write(JSON.stringify(asked.dates.map((each) => moment(each).valueOf())) + '\n');
    return;
  }
  // Core writes into the form that it is given: each data gets one of its own.
  const answer = 'each' in asked
    ? asked.each.map((data) => answered({ form: structuredClone(asked.form), data }))
    : answered(asked);
  process.stdout.write(JSON.stringify(answer) + '\n');
});
