// Runs before every npm script, on whatever Node the machine has: plain JavaScript that even old ones parse.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `firstlight needs Node 24.15 or newer; this is ${process.versions.node}. Run 'npm ci' once: it installs a Node of its own for the npm scripts.`,
  );
  process.exit(2);
}
