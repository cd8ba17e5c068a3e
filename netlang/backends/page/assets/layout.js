// Plans: how large each drawn item is and where things lie in its frame, from the inside out.

const MARGIN = 12;
const plans = new Map(); // of frames, by all that their plan depends on

function plan(item, column) {
  const scope = body(item);
  item.plan = scope ? planOfFrame(item, scope, column) : sizeOf(item, column);
  return item.plan;
}

function planOfFrame(item, scope, column) {
  const sizes = scope.items.map(inner => plan(inner, column));
  const wires = [...(scope.wires?.values() ?? [])];
  const title = item.parent ? titleOf(item) : null;
  const key = JSON.stringify([
    view.horizontal, title?.room ?? 0, !item.parent,
    sizes.map(s => [s.width, s.height, s.axis]), wires.map(w => [w.from, w.to, w.kind]),
  ]);
  if (!plans.has(key)) plans.set(key, newPlan(sizes, wires, title));
  return plans.get(key);
}

// Its name at the left and its shape at the right of where the values come in.
function titleOf(item) {
  const name = item.kind === "repeat" ? item.block || item.name : item.name;
  const note = item.kind === "repeat" ? `×${item.items.length}` : item.out;
  const half = Math.max(widthOf(name, SIZE, "bold") + CHEVRON + 14, widthOf(note, SIZE) + (item.kind === "repeat" ? 22 : 14));
  return { name, note, room: half };
}

function newPlan(sizes, wires, title) {
  const turned = view.horizontal;
  const nodes = sizes.map(({ width, height, axis }, number) => ({
    number, axis, across: turned ? height : width, along: turned ? width : height,
  }));
  const head = { number: IN }, tail = { number: OUT };
  const node = place => place === IN ? head : place === OUT ? tail : nodes[place];
  const edges = wires.map(({ key, from, to, kind }) => ({ key, from: node(from), to: node(to), kind }));
  const piece = layOut(nodes, edges, head, tail);
  return framed(piece, edges, title, turned);
}

// A region within its frame; one without title is a network's, which has none.
function framed(piece, edges, title, turned) {
  const isFed = edges.some(e => e.from.number === IN), isRead = edges.some(e => e.to.number === OUT);
  const margin = title ? MARGIN : 0;
  // A region that begins or ends with a bend has room for it there.
  const bendsIn = piece.nodes.every(({ y }) => y > 0);
  const bendsOut = piece.nodes.every(({ node, y }) => y + node.along < piece.height);
  const lead = isFed && !bendsIn ? 14 : 2;
  const top = !title ? 0 : turned ? MARGIN + lead : TITLE + lead;
  const bottom = !title ? 0 : isRead && !bendsOut ? 18 : MARGIN;
  const side = title && !turned ? title.room : 0;
  const left = Math.max(margin - piece.left, side) + (title && turned ? TITLE : 0);
  const right = Math.max(piece.right + margin, side);
  const along = Math.max(top + piece.height + bottom, title && turned ? 2 * title.room : 0);
  const shift = top + (along - top - piece.height - bottom) / 2;
  const at = (x, y) => turned ? [y + shift, x + left] : [x + left, y + shift];
  const places = [];
  for (const { node, x, y } of piece.nodes) places[node.number] = at(x, y);
  const lines = new Map();
  for (const [edge, line] of piece.lines) {
    if (edge.hidden) continue;
    const points = [...line.points];
    if (edge.from.number === IN) points.unshift([0, -shift]);
    if (edge.to.number === OUT) points.push([0, along - shift]);
    lines.set(edge.key, curve(points.map(([x, y]) => at(x, y)), turned, line.isTurned));
  }
  const [width, height] = turned ? [along, left + right] : [left + right, along];
  return { width, height, axis: left, places, lines };
}

// A smooth way through points, along the flow in each of them; one that turns ends across it.
function curve(points, turned, isTurned) {
  const way = points.filter(([x, y], i) => !i || x !== points[i - 1][0] || y !== points[i - 1][1]);
  const [first, ...rest] = way;
  let path = `M${first}`, [x, y] = first;
  rest.forEach(([nx, ny], i) => {
    const isLast = i === rest.length - 1;
    if (isTurned && isLast) path += turned ? `Q${[nx, y]} ${[nx, ny]}` : `Q${[x, ny]} ${[nx, ny]}`;
    else if (turned ? y === ny : x === nx) path += `L${[nx, ny]}`;
    else if (turned) path += `C${[(x + nx) / 2, y]} ${[(x + nx) / 2, ny]} ${[nx, ny]}`;
    else path += `C${[x, (y + ny) / 2]} ${[nx, (y + ny) / 2]} ${[nx, ny]}`;
    [x, y] = [nx, ny];
  });
  return path;
}
