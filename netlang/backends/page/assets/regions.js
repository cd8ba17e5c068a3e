// Where the items of a scope lie: a region is what stands between two places, `head` and `tail`.
//
// A region is cut at the nodes that all ways pass; those stand in one straight line, the axis. What
// lies between two cuts is taken apart into branches, side by side in the order of the source, each a
// region of its own. Lines past cuts, and branches that are shortcuts, run on one side. What cannot be
// taken apart so is left to dagre.
//
// Coordinates: `x` across the way that values flow, from the axis; `y` along it, from the top.
// A node has a size across and along, and its axis. A piece, which is a region laid out, reaches from
// `left` to `right` and has nodes with their places, and for each edge the points of its line.

const GAP = 26, BESIDE = 18, LANE = 14, TURN = 20;

function layOut(nodes, edges, head, tail) {
  return region(nodes, complete(nodes, edges, head, tail), head, tail);
}

function region(nodes, edges, head, tail) {
  const { cuts, sections, lanes } = cutUp(nodes, edges, head, tail);
  if (cuts.length === 2 && isOneTangle(sections[0])) return tangle(nodes, edges, head, tail);
  return stack(cuts, sections, lanes);
}

// Nodes that nothing leads to, or that lead nowhere, hang on the region's ends by lines not drawn. What
// leads nowhere is a side branch (an auxiliary classifier), but for the longest where all do.
function complete(nodes, edges, head, tail) {
  const read = new Set(edges.map(e => e.from)), fed = new Set(edges.map(e => e.to));
  const sources = nodes.filter(node => !fed.has(node)).map(to => ({ from: head, to, hidden: true }));
  const joined = [...edges, ...sources];
  const main = fed.has(tail) ? null : farthest(nodes, joined, head);
  const ends = nodes.filter(node => !read.has(node));
  const loose = ends.map(from => ({ from, to: tail, hidden: true, isDead: from !== main }));
  return nodes.length ? [...joined, ...loose] : [{ from: head, to: tail, hidden: true }];
}

function farthest(nodes, edges, head) {
  const before = grouped(edges, edge => edge.to);
  const steps = new Map([[head, 0]]);
  let found = null;
  for (const node of sorted(nodes, edges, head).slice(1)) {
    steps.set(node, 1 + Math.max(...before.get(node).map(({ from }) => steps.get(from))));
    if (!found || steps.get(node) > steps.get(found)) found = node;
  }
  return found;
}

// ---------------------------------------------------------------------------------------- cuts

function cutUp(nodes, edges, head, tail) {
  const order = sorted(nodes, edges, head, tail);
  const rank = new Map(order.map((node, place) => [node, place]));
  const past = new Set(edges.filter(edge => hasDetour(edge, edges, rank)));
  for (;;) {
    const cuts = cutsOf(order, edges.filter(e => !past.has(e)), rank);
    const places = cuts.map(node => rank.get(node));
    const section = node => places.findIndex((place, i) => rank.get(node) <= (places[i + 1] ?? place));
    const lanes = [], across = [];
    for (const edge of past) {
      if (cuts.includes(edge.from) && cuts.includes(edge.to)) lanes.push(edge);
      else if (places.some(p => rank.get(edge.from) < p && p < rank.get(edge.to))) across.push(edge);
    }
    if (!across.length) {
      const rest = edges.filter(edge => !lanes.includes(edge));
      return { cuts, lanes, sections: sectionsOf(cuts, order, rest, rank, section) };
    }
    for (const edge of across) past.delete(edge); // it belongs to the ways that it joins
  }
}

// In an order in which each comes after what it reads, and otherwise in that of the source.
function sorted(nodes, edges, head, tail) {
  const waits = new Map(nodes.map(node => [node, 0]));
  for (const { to } of edges) if (waits.has(to)) waits.set(to, waits.get(to) + 1);
  const after = grouped(edges, edge => edge.from);
  const order = [head];
  for (let i = 0; i < order.length; i++)
    for (const { to } of after.get(order[i]) ?? []) {
      if (!waits.has(to)) continue;
      waits.set(to, waits.get(to) - 1);
      if (waits.get(to) === 0) order.push(to);
    }
  return tail ? [...order, tail] : order;
}

function grouped(things, key) {
  const found = new Map();
  for (const thing of things) {
    if (!found.has(key(thing))) found.set(key(thing), []);
    found.get(key(thing)).push(thing);
  }
  return found;
}

// Whether another way leads from one end of an edge to the other.
function hasDetour(edge, edges, rank) {
  if (rank.get(edge.to) - rank.get(edge.from) < 2) return false;
  edges.after ??= grouped(edges, e => e.from);
  const seen = new Set(), todo = [edge.from];
  while (todo.length)
    for (const next of edges.after.get(todo.pop()) ?? []) {
      if (next === edge) continue;
      if (next.to === edge.to) return true;
      if (seen.has(next.to) || rank.get(next.to) > rank.get(edge.to)) continue;
      seen.add(next.to);
      todo.push(next.to);
    }
  return false;
}

// A node is a cut where no edge leads from before it to behind it.
function cutsOf(order, edges, rank) {
  const after = grouped(edges, edge => edge.from);
  let reach = 0;
  return order.filter((node, place) => {
    const isCut = reach <= place;
    for (const { to } of after.get(node) ?? []) reach = Math.max(reach, rank.get(to));
    return isCut;
  });
}

function sectionsOf(cuts, order, edges, rank, section) {
  const sections = cuts.slice(1).map((tail, i) => ({ head: cuts[i], tail, nodes: [], edges: [] }));
  for (const node of order) if (!cuts.includes(node)) sections[section(node)].nodes.push(node);
  for (const edge of edges) sections[section(edge.to)].edges.push(edge);
  return sections;
}

// The parts of a section that no line joins.
function branchesOf({ head, tail, nodes, edges }) {
  const home = new Map(nodes.map(node => [node, { nodes: [node] }]));
  for (const { from, to } of edges) {
    const a = home.get(from), b = home.get(to);
    if (!a || !b || a === b) continue;
    const [kept, gone] = a.nodes.length < b.nodes.length ? [b, a] : [a, b];
    for (const node of gone.nodes) home.set(node, kept);
    kept.nodes.push(...gone.nodes);
  }
  const place = new Map(nodes.map((node, i) => [node, i]));
  return [...new Set(nodes.map(node => home.get(node)))].map(branch => {
    const own = new Set(branch.nodes);
    const held = edges.filter(e => own.has(e.from) || own.has(e.to));
    const inOrder = branch.nodes.sort((a, b) => place.get(a) - place.get(b));
    const isDead = held.every(e => e.to !== tail || e.isDead);
    const isShortcut = held.every(e => e.from !== head || (e.kind !== "flow" && !e.hidden));
    const first = Math.min(...inOrder.map(node => node.number));
    return { head, tail, nodes: inOrder, edges: held, isDead, isSide: isDead || isShortcut, first };
  }).sort((a, b) => a.first - b.first);
}

function isOneTangle(section) {
  return section.nodes.length > 0 && branchesOf(section).length === 1;
}

// --------------------------------------------------------------------------------------- pieces

function newPiece() {
  return { left: 0, right: 0, height: 0, nodes: [], lines: new Map(), blocks: [] };
}

function occupy(piece, left, right, top, bottom) {
  piece.left = Math.min(piece.left, left);
  piece.right = Math.max(piece.right, right);
  piece.blocks.push({ left, right, top, bottom });
}

// Cuts and sections one below the other, then the lines past them.
function stack(cuts, sections, lanes) {
  const piece = newPiece();
  const last = cuts.length - 1;
  const spans = new Map();
  let y = lanes.some(edge => edge.from === cuts[0]) ? GAP : 0;
  spans.set(cuts[0], { top: 0, bottom: 0, right: 0 });
  sections.forEach((section, i) => {
    y = place(piece, section, y, spans.get(section.head).bottom, i === 0, i === last - 1);
    if (i < last - 1) y = putCut(piece, section.tail, y, spans);
  });
  if (lanes.some(edge => edge.to === cuts[last]) && y > 0) y += GAP;
  piece.height = y;
  spans.set(cuts[last], { top: y, bottom: y, right: 0 });
  for (const section of sections) join(piece, section, spans);
  runLanes(piece, lanes, cuts, spans);
  return piece;
}

function putCut(piece, node, y, spans) {
  const span = { top: y, bottom: y + node.along, right: node.across - node.axis, across: node };
  spans.set(node, span);
  piece.nodes.push({ node, x: -node.axis, y });
  occupy(piece, -node.axis, span.right, span.top, span.bottom);
  return span.bottom;
}

// Puts the branches of a section side by side; gives where what follows may begin.
function place(piece, section, y, above, isFirst, isLast) {
  if (!section.nodes.length) return isFirst || isLast ? y : y + GAP;
  const branches = branchesOf(section);
  const pieces = branches.map(b => region(b.nodes, b.edges, b.head, b.tail));
  const height = Math.max(...pieces.map(p => p.height));
  const middle = pieces.filter((_, i) => !branches[i].isSide);
  const width = middle.reduce((sum, p) => sum + p.right - p.left, 0) + BESIDE * Math.max(0, middle.length - 1);
  const room = GAP + Math.min(20, Math.max(0, width / 16 - 10)) * (middle.length > 1);
  const top = Math.max(y, above) + room;
  let x = middle.length === 1 ? middle[0].left : -width / 2;
  section.branches = [];
  for (const side of [false, true])
    pieces.forEach((inner, i) => {
      const branch = branches[i];
      if (branch.isSide !== side) return;
      const start = top + (branch.isDead ? 0 : (height - inner.height) / 2);
      if (side) x = beside(piece, start, start + inner.height) + BESIDE;
      const axis = x - inner.left;
      merge(piece, inner, axis, start);
      section.branches.push({ axis, top, bottom: top + height, ...branch });
      x += inner.right - inner.left + BESIDE;
    });
  return top + height + room;
}

function merge(piece, inner, x, y) {
  for (const at of inner.nodes) piece.nodes.push({ node: at.node, x: at.x + x, y: at.y + y });
  for (const [edge, line] of inner.lines)
    piece.lines.set(edge, { ...line, points: line.points.map(([a, b]) => [a + x, b + y]) });
  for (const b of inner.blocks) occupy(piece, b.left + x, b.right + x, b.top + y, b.bottom + y);
}

// How far what stands between two heights reaches to the side of the shortcuts.
function beside(piece, top, bottom) {
  const passed = piece.blocks.filter(block => block.bottom > top && block.top < bottom);
  return Math.max(0, ...passed.map(block => block.right));
}

// Leads the lines of a section's branches to the cuts around it.
function join(piece, { head, tail, edges, branches = [] }, spans) {
  const start = spans.get(head), end = spans.get(tail);
  for (const { axis, top, bottom, isSide, edges: own } of branches)
    for (const edge of own) {
      const line = piece.lines.get(edge);
      if (edge.from === head) line.points.unshift([0, start.bottom], [axis, top]);
      if (edge.to !== tail) continue;
      if (isSide && end.across) enterBeside(line, axis, end);
      else line.points.push([axis, bottom], [0, end.top]);
    }
  for (const edge of edges)
    if (edge.from === head && edge.to === tail)
      piece.lines.set(edge, { points: [[0, start.bottom], [0, end.top]] });
}

function enterBeside(line, x, { top, bottom, right }) {
  const y = (top + bottom) / 2;
  line.points.push([x, y - TURN], [right, y]);
  line.isTurned = true;
}

// Lines past what lies between two cuts: the short ones near the axis, the long ones around them.
function runLanes(piece, lanes, cuts, spans) {
  const place = new Map(cuts.map((node, i) => [node, i]));
  const length = edge => place.get(edge.to) - place.get(edge.from);
  for (const edge of [...lanes].sort((a, b) => length(a) - length(b))) {
    const start = spans.get(edge.from), end = spans.get(edge.to);
    const bottom = end.across ? (end.top + end.bottom) / 2 : end.top;
    const x = beside(piece, start.bottom, end.top) + LANE;
    const line = { points: [[0, start.bottom], [x, start.bottom + GAP]] };
    if (end.across) enterBeside(line, x, end);
    else line.points.push([x, end.top - GAP], [0, end.top]);
    piece.lines.set(edge, line);
    occupy(piece, 0, x, start.bottom + 1, bottom - 1);
  }
}
