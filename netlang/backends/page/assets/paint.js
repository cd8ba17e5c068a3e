// Draws what is shown; each item keeps its element, and each line is found by its scope and key.

const canvas = document.getElementById("canvas");
const paper = svg("g");
const lineElements = new Map();
const BETWEEN = 60, HEADING = 56, TITLED = 44, TITLE_SIZE = 26, NAMED = 240;

canvas.append(markers(), paper);

function markers() {
  const tip = name => svg("marker", {
    id: `tip-${name}`, class: `tip ${name}`, viewBox: "0 0 8 8", refX: 7.5, refY: 4,
    markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto",
  }, svg("path", { d: "M0 0.8 8 4 0 7.2z" }));
  return svg("defs", {}, ...["flow", "shortcut", "lit"].map(tip));
}

function paint() {
  lineElements.clear();
  for (const item of everyItem) item.element = null;
  let x = 0;
  const drawn = networks.map(network => {
    const { width } = plan(network.root, columnWidth(network));
    const named = heading(network);
    const column = svg("g", { class: "network", transform: `translate(${x},0)` }, named.element);
    network.at = [x, 0];
    network.width = Math.max(width, named.end);
    paintInside(network.root, column, [x + (network.width - width) / 2, headRoom()], x);
    x += network.width + BETWEEN;
    return column;
  });
  paper.replaceChildren(...title(), ...drawn);
}

// What stands above it all, if anything was asked for.
function title() {
  return view.title ? [words(view.title, nameLeft(networks[0]), TITLE_SIZE, { class: "title" })] : [];
}

function titleEnd() {
  return view.title ? nameLeft(networks[0]) + widthOf(view.title, TITLE_SIZE, "bold") : 0;
}

// Names stand at the left, or over the first box where that is far from there.
function nameLeft({ root }) {
  const [first] = root.items, [[x]] = root.plan.places;
  return Math.max(0, x + first.plan.width / 2 - NAMED);
}

// Where the networks begin, below the title and their headings.
function headRoom() {
  return (view.title ? TITLED : 0) + HEADING;
}

function heading(network) {
  const left = nameLeft(network), y = headRoom() - HEADING;
  const name = words(network.name, left, y + 20, { class: "heading" });
  const totals = words(network.totals, left, y + 38, { class: "totals" });
  const end = left + Math.max(widthOf(network.name, 20, "bold"), widthOf(network.totals));
  return { element: svg("g", {}, name, totals), end };
}

// The items of a frame and the lines between them; `origin` is where the frame is on the paper.
function paintInside(item, into, origin, base = origin[0]) {
  const scope = body(item);
  const holder = item.parent ? into : svg("g", { transform: `translate(${origin[0] - base},${origin[1]})` });
  const lines = svg("g", { class: "lines" });
  for (const wire of scope.wires?.values() ?? []) {
    const line = paintLine(item, scope, wire);
    if (wire.kind === "flow") lines.append(line);
    else lines.prepend(line); // where a shortcut sets out it is still the flow
  }
  holder.append(lines);
  scope.items.forEach((inner, place) => {
    const [x, y] = item.plan.places[place];
    holder.append(paintItem(inner, x, y, [origin[0] + x, origin[1] + y]));
  });
  if (!item.parent) into.append(holder);
}

function paintLine(item, scope, { key, to, kind }) {
  const target = scope.items[to];
  const goesOn = !target || body(target);
  const look = kind === "flow" ? "flow" : "shortcut";
  const path = svg("path", { d: item.plan.lines.get(key), class: `line ${kind}` });
  if (!goesOn) path.setAttribute("marker-end", `url(#tip-${look})`);
  lineElements.set(`${scope.id} ${key}`, path);
  return path;
}

function paintItem(item, x, y, origin) {
  const isOpen = Boolean(body(item));
  const kind = item.kind + (item.items ? (isOpen ? " open" : " closed") : "");
  const element = svg("g", {
    class: `item ${kind} stage${item.stage}`, transform: `translate(${x},${y})`, id: `item${item.id}`,
    "data-id": item.id, "data-path": item.path, "data-kind": item.kind,
    role: "treeitem", "aria-label": spoken(item),
  });
  if (item.items) element.setAttribute("aria-expanded", isOpen);
  item.element = element;
  item.at = origin;
  element.append(...(isOpen ? frame(item) : item.symbol ? circle(item) : box(item)));
  if (isOpen) paintInside(item, element, origin);
  return element;
}

function spoken(item) {
  const times = item.kind === "repeat" ? ` ${item.items.length} times` : "";
  return `${item.path}${times}: ${captions(item)}, output ${item.out}`;
}

function frame(item) {
  const { width, height } = item.plan;
  const { name, note } = titleOf(item);
  const outline = rect(0, 0, width, height, { class: "outline" });
  const label = words(name, CHEVRON + 8, 16, { class: "name" });
  const parts = [outline, chevron(7, 11, true), label];
  if (item.kind === "repeat") parts.push(badge(item, note, width));
  else parts.push(words(note, width - 8, 16, { class: "note", "text-anchor": "end" }));
  return parts;
}

// How often a block repeats; a click shows each of the blocks, or one for all again.
function badge(item, note, width) {
  const room = widthOf(note, SIZE, "bold") + 12;
  const tip = svg("title", {}, item.unfolded ? "fold into one" : "unfold into its blocks");
  return svg("g", { class: "badge", "data-act": "unfold", transform: `translate(${width - room - 6},4)` },
    tip, rect(0, 0, room, 16), words(note, room / 2, 12.5, { "text-anchor": "middle" }));
}

function chevron(x, y, isOpen) {
  const d = isOpen ? "M-3.5 -2 0 2.5 3.5 -2" : "M-2 -3.5 2.5 0 -2 3.5";
  return svg("g", { class: "chevron", "data-act": "toggle", transform: `translate(${x + 3},${y})` },
    rect(-8, -8, 16, 16, { class: "target" }), svg("path", { d }));
}

function circle(item) {
  const { width, height } = item.plan, r = CIRCLE / 2;
  const x = view.horizontal ? width / 2 : width - r, y = height - r;
  const disc = svg("circle", { cx: x, cy: y, r, class: "outline" });
  const sign = words(item.symbol, x, y + 5, { class: "sign", "text-anchor": "middle" });
  if (!item.beside) return [disc, sign];
  const look = { class: "beside", "text-anchor": view.horizontal ? "middle" : "end" };
  const place = view.horizontal ? [width / 2, 10] : [width - CIRCLE - 5, y + 4];
  return [disc, sign, words(item.beside, ...place, look)];
}

function box(item) {
  const { width, height } = item.plan;
  const below = linesBelow(item);
  const rows = Math.max(...item.cells.map(cell => cell.length));
  const seam = item.cells.length > 1 ? 5 + rows * LINE + 3 : 0;
  const parts = item.kind === "repeat" ? [rect(4, 4, width, height, { class: "outline under" })] : [];
  parts.push(rect(0, 0, width, height, { class: "outline" }));
  if (item.items) parts.push(chevron(6, 5 + LINE / 2, false));
  item.cells.forEach((cell, i) => parts.push(...cellOf(item, cell, i, rows, width, seam && (below.length ? seam : height))));
  if (seam && below.length) parts.push(svg("path", { d: `M0 ${seam}H${width}`, class: "seam" }));
  below.forEach((line, i) => {
    const y = 5 + (rows + i) * LINE + 11.5 + (seam ? 6 : 0);
    parts.push(words(line, width / 2, y, { class: "below", "text-anchor": "middle" }));
  });
  return parts;
}

function cellOf(item, cell, place, rows, width, height) {
  const own = width / item.cells.length;
  const top = 5 + ((rows - cell.length) * LINE) / 2;
  const parts = cell.map((line, i) => words(line, (place + 0.5) * own, top + i * LINE + 11.5, {
    class: item.items && i === 0 ? "name" : "caption", "text-anchor": "middle",
  }));
  if (place) parts.push(svg("path", { d: `M${place * own} 0V${height}`, class: "seam" }));
  return parts;
}
