// What cannot be taken apart, by dagre; the ends of the region are points.
function tangle(nodes, edges, head, tail) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ ranksep: 1.7 * GAP, nodesep: BESIDE, edgesep: LANE });
  const name = new Map([head, ...nodes, tail].map((node, i) => [node, String(i)]));
  for (const [node, key] of name) {
    const half = Math.max(node.axis, node.across - node.axis);
    const size = node === head || node === tail ? [1, 1] : [2 * half, node.along];
    graph.setNode(key, { width: size[0], height: size[1] });
  }
  edges.forEach((edge, i) => graph.setEdge(name.get(edge.from), name.get(edge.to), { edge }, String(i)));
  dagre.layout(graph);
  return fromDagre(graph, nodes, name, head, tail);
}

function fromDagre(graph, nodes, name, head, tail) {
  const piece = newPiece();
  const { width } = graph.graph();
  const start = graph.node(name.get(head)).y, end = graph.node(name.get(tail)).y;
  for (const node of nodes) {
    const { x, y } = graph.node(name.get(node));
    piece.nodes.push({ node, x: x - width / 2 - node.axis, y: y - node.along / 2 - start });
  }
  occupy(piece, -width / 2, width / 2, 0, end - start);
  piece.height = end - start;
  for (const key of graph.edges()) {
    const { edge, points } = graph.edge(key);
    const moved = points.map(({ x, y }) => [x - width / 2, y - start]);
    if (edge.from === head) moved[0] = [0, 0];
    else moved[0] = [graph.node(key.v).x - width / 2, moved[0][1]];
    if (edge.to === tail) moved[moved.length - 1] = [0, piece.height];
    else moved[moved.length - 1] = [graph.node(key.w).x - width / 2, moved.at(-1)[1]];
    piece.lines.set(edge, { points: moved });
  }
  return piece;
}
