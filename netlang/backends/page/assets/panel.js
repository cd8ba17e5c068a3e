// What is known of an item, beside the drawing.

const panel = document.getElementById("panel");
const LISTED = 12;

function html(name, text = "", className = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

function describe(item) {
  panel.hidden = !item;
  if (!item || panel.dataset.of === String(item.id)) return;
  panel.dataset.of = item.id;
  panel.replaceChildren(
    html("h2", item.path || item.name), html("p", whatItIs(item), "what"), facts(item), ...sourceOf(item));
}

function whatItIs(item) {
  if (item.kind === "box") return captions(item);
  const kind = item.block ? `block ${item.block}` : item.parent ? "group" : "network";
  const times = item.kind === "repeat" ? `, ${item.items.length} times` : "";
  return `${kind}${times}`;
}

function facts(item) {
  const list = html("dl");
  const add = (name, value) => list.append(html("dt", name), html("dd", value));
  const sum = column => nodesOf(item).reduce((total, node) => total + node[column], 0);
  const each = item.kind === "repeat" ? " in all" : "";
  const inputs = inputsOf(item);
  if (inputs.length) add(inputs.length > 1 ? "inputs" : "input", inputs.join(", "));
  if (item.out) add("output", item.out);
  add(`parameters${each}`, sum(2).toLocaleString("en-US"));
  add(`MACs${each}`, sum(3).toLocaleString("en-US"));
  add("receptive field", fieldOf(item));
  if (item.kind === "box" && item.nodes.length > 1)
    for (const [name, caption] of item.nodes) add(name.split(".").at(-1), caption);
  return list;
}

function inputsOf(item) {
  if (item.kind === "box") return item.in;
  const { boxes } = item.network;
  const from = boxes.slice(item.start, item.end).flatMap(box => box.reads)
    .filter(({ source }) => source.start < item.start || source.start >= item.end);
  return [...new Set(from.map(link => link.source))].map(source => source.out);
}

// Of a group, that of what it gives: the last box that others read, or the last of all.
function fieldOf(item) {
  const own = item.network.boxes.slice(item.start, item.end);
  const read = own.filter(box => box.readers.some(({ target }) => target.start < item.start || target.start >= item.end));
  const first = item.kind === "box" ? spread(item) : "";
  return first || (read.at(-1) ?? own.at(-1)).field;
}

// A box of a folded repeat has a field in each block.
function spread(box) {
  const fields = [...new Set([...standsFor(box)].map(each => each.field))];
  return fields.length > 1 ? `${fields[0]} to ${fields.at(-1)}` : "";
}

function sourceOf(item) {
  const places = [item, ...around(item)].filter(at => at.kind !== "repeat" || at === item)
    .map(at => at.kind === "box" ? at.nodes[0][4] : at.place ?? -1);
  const known = [...new Set(places.filter(place => place >= 0))].slice(0, LISTED);
  return known.map((place, i) => {
    const [file, line, text] = item.network.places[place];
    const figure = html("figure");
    figure.append(html("figcaption", `${i ? "called at " : ""}${file}:${line}`), html("pre", text));
    return figure;
  });
}
