// The networks as trees of items: boxes, scopes (groups and blocks) and repeats.
// An item knows its parent, its place in it (`index`) and the boxes it holds: `start` to `end`.

const IN = -1, OUT = -2; // the ports of a scope, beside the places of its items

const data = JSON.parse(document.getElementById("data").textContent);
const everyItem = [];
const networks = data.networks.map(grow);

function grow(told) {
  const network = { name: told.name, totals: told.totals, places: told.places, boxes: [] };
  const root = { kind: "scope", name: told.name, path: "", depth: 0, network, parent: null, index: 0 };
  network.root = register(root);
  const growing = { told, network, links: [] };
  fill(growing, root, told.forms[told.root], []);
  network.links = growing.links.map(link => connect(network, link));
  return network;
}

function register(item) {
  item.id = everyItem.push(item) - 1;
  return item;
}

function child(parent, index, kind, told) {
  const path = parent.path ? `${parent.path}.${told.name}` : told.name;
  const { network } = parent;
  return register({ ...told, kind, path, index, parent, network, depth: parent.depth + 1 });
}

function fill(growing, scope, form, entries) {
  const { network } = growing;
  scope.start = network.boxes.length;
  scope.end = scope.start + form.count;
  const number = told => told < 0 ? entries[~told] : scope.start + told;
  scope.items = form.items.map((told, index) => {
    if (told.nodes) return growBox(growing, scope, index, told, number);
    if (told.members) return growRepeat(growing, scope, index, told, number);
    return growScope(growing, scope, index, told, number);
  });
}

function growBox(growing, scope, index, told, number) {
  const box = child(scope, index, "box", told);
  const { network, told: { fields } } = growing;
  box.start = network.boxes.push(box) - 1;
  box.end = box.start + 1;
  box.field = fields[box.start];
  box.reads = [];
  box.readers = [];
  for (const [source, kind] of told.reads)
    growing.links.push({ source: number(source), target: box.start, kind });
  return box;
}

function growScope(growing, around, index, told, number) {
  const form = growing.told.forms[told.form];
  const { items, count, ...look } = form;
  const scope = child(around, index, "scope", { ...told, ...look });
  fill(growing, scope, form, told.reads.map(number));
  return scope;
}

function growRepeat(growing, around, index, told, number) {
  const { members, ...look } = told;
  const repeat = child(around, index, "repeat", { ...look, name: members[0].name });
  // Its blocks are called as if they stood in the scope around it.
  const path = around.path;
  const inside = { ...repeat, path };
  repeat.start = growing.network.boxes.length;
  repeat.items = members.map((member, place) => {
    const scope = growScope(growing, inside, place, member, number);
    scope.parent = repeat;
    return scope;
  });
  repeat.end = growing.network.boxes.length;
  repeat.stage = repeat.items[0].stage;
  repeat.out = repeat.items[0].out;
  repeat.block = repeat.items[0].block;
  repeat.place = repeat.items[0].place;
  return repeat;
}

function connect(network, { source, target, kind }) {
  const link = { source: network.boxes[source], target: network.boxes[target], kind };
  link.source.readers.push(link);
  link.target.reads.push(link);
  for (const { scope, from, to } of segments(link)) {
    scope.wires ??= new Map();
    const key = `${from}>${to}`;
    const wire = scope.wires.get(key);
    if (!wire) scope.wires.set(key, { key, from, to, kind });
    else if (wire.kind !== kind) wire.kind = "flow";
  }
  return link;
}

// The parts of a link, one in each scope that it passes: out of scopes, across, into scopes.
function segments({ source, target }) {
  const found = [];
  const leave = () => {
    found.push({ scope: source.parent, from: source.index, to: OUT });
    source = source.parent;
  };
  const enter = () => {
    found.push({ scope: target.parent, from: IN, to: target.index });
    target = target.parent;
  };
  while (source.depth > target.depth) leave();
  while (target.depth > source.depth) enter();
  while (source.parent !== target.parent) leave(), enter();
  found.push({ scope: source.parent, from: source.index, to: target.index });
  return found;
}

function around(item) {
  const found = [];
  for (let at = item.parent; at; at = at.parent) found.push(at);
  return found;
}

function nodesOf(item) {
  return item.network.boxes.slice(item.start, item.end).flatMap(box => box.nodes);
}

function captions(item) {
  return item.kind === "box" ? item.nodes.map(([, caption]) => caption).join(", ") : item.cells[0].join(", ");
}
