'use strict';

// Spans as what two runs must have in common: each beneath its parent, without ids and the ports
// that a connection has by chance.

const PORT = /(^|[._])port$/;

function spanTree(spans, sites) {
  const nodes = new Map(spans.map((span) => [span.id, { ...span, children: [] }]));
  const roots = [];
  for (const node of nodes.values()) {
    const siblings = nodes.get(node.parent)?.children ?? roots;
    siblings.push(node);
  }
  for (const root of roots) numberEnds(root);
  // Two that are under way at once are told of in the order in which they end.
  roots.sort((a, b) => (a.name < b.name ? -1 : 1));
  const known = new Set(Object.values(sites).map(String));
  return roots.map((root) => plain(root, known));
}

// Of spans that have different roots it is chance which ends first. Some tracers don't tell.
function numberEnds(root) {
  if (root.ended === undefined) return;
  const inside = [];
  const gather = (node) => {
    inside.push(node);
    node.children.forEach(gather);
  };
  gather(root);
  inside.sort((a, b) => a.ended - b.ended);
  for (const [at, node] of inside.entries()) node.ended = at;
}

function plain({ id: _, parent: __, children, ...span }, known) {
  return {
    ...withoutChance(span, known),
    children: children.map((child) => plain(child, known)),
  };
}

function withoutChance(value, known, key = '') {
  if (Array.isArray(value)) return value.map((item) => withoutChance(item, known, key));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, one]) => [name, withoutChance(one, known, name)]),
    );
  }
  if (PORT.test(key) && !known.has(String(value))) return `a port, ${typeof value}`;
  return value;
}

module.exports = { spanTree };
