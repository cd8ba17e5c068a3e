// What is open, and which items stand for those that are not to be seen.

const view = data.view;

for (const item of everyItem) open(item, view.depth ?? Infinity, isExpanded(item));

function open(item, levels, unfolded) {
  if (item.kind === "box") return;
  item.open = !item.parent || item.path.split(".").length <= levels;
  item.unfolded = unfolded;
}

function isExpanded(item) {
  const paths = item.kind === "repeat" ? item.items.map(member => member.path) : [];
  return view.flat || view.expand.some(path => paths.includes(path) || item.path.startsWith(`${path}.`));
}

// The scope whose items are shown in an item's frame; a folded repeat shows its first block's.
function body(item) {
  if (!item.open) return null;
  return item.kind === "repeat" && !item.unfolded ? item.items[0] : item;
}

// What a network shows, from the outermost: each item with the frame before what is in it.
function* shown(item) {
  yield item;
  for (const inner of body(item)?.items ?? []) yield* shown(inner);
}

function* allShown() {
  for (const network of networks) for (const item of shown(network.root)) if (item.parent) yield item;
}

// What one passes from the network to an item, which comes last.
function wayTo(item) {
  return [item, ...around(item)].reverse().slice(1);
}

// The item that is drawn where another one is, or would be: a closed scope for what it holds, the
// first block of a folded repeat for the others.
function standIn(item) {
  let at = item.network.root;
  for (const next of wayTo(item)) {
    const inside = body(at);
    if (!inside) return at;
    const isFolded = next.parent.kind === "repeat" && inside !== at;
    if (!isFolded) at = inside.items[next.index];
  }
  return at;
}

// The boxes for which a drawn item stands: of every block, where a repeat around it is folded.
function standsFor(item) {
  let ranges = [[item.start, item.end]];
  for (const repeat of foldedAround(item)) {
    const size = repeat.items[0].end - repeat.items[0].start;
    ranges = repeat.items.flatMap((_, n) => ranges.map(([a, b]) => [a + n * size, b + n * size]));
  }
  const { boxes } = item.network;
  return new Set(ranges.flatMap(([a, b]) => boxes.slice(a, b)));
}

function foldedAround(item) {
  return around(item).filter(at => at.kind === "repeat" && !at.unfolded);
}

// Whether a link leads from one block of a folded repeat to another, which are drawn as one.
function isWithinFold({ source, target }) {
  const outer = new Set(around(target));
  const meet = around(source).find(at => outer.has(at));
  return meet.kind === "repeat" && !meet.unfolded;
}

// Opens all that hides an item.
function reveal(item) {
  for (const at of wayTo(item)) {
    if (at.parent.kind === "repeat" && at.index > 0) unfold(at.parent);
    if (at !== item) at.open = true;
  }
}

function unfold(repeat) {
  if (!repeat.unfolded) for (const member of repeat.items) member.open = false;
  repeat.unfolded = true;
  repeat.open = true;
}

function setLevels(levels, unfolded) {
  for (const item of everyItem) open(item, levels, unfolded);
}

function deepest() {
  return Math.max(0, ...everyItem.filter(i => i.items && i.parent).map(i => i.path.split(".").length));
}
